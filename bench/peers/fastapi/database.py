"""The engine, and one session for each request, as FastAPI's documentation teaches."""

import os

from sqlalchemy import event
from sqlmodel import Session, create_engine

url = os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg2://")
is_sqlite = url.startswith("sqlite")
if is_sqlite:
    # sqlite:///relative and sqlite:////absolute in SQLAlchemy's spelling.
    url = url.replace("sqlite://", "sqlite:///", 1)

# No request waits for a connection: the threads that run endpoints are 40 at most.
engine = create_engine(
    url,
    pool_size=int(os.environ["POOL"]),
    max_overflow=40 - int(os.environ["POOL"]),
    connect_args={"check_same_thread": False, "timeout": 5} if is_sqlite else {},
)

if is_sqlite:

    @event.listens_for(engine, "connect")
    def durable(connection, _):
        """The same durability as Taskbridge's."""
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def get_session():
    """A session for one request."""
    with Session(engine) as session:
        yield session
