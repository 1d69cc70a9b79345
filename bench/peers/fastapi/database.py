"""The engine, and one session for each request, as FastAPI's documentation teaches."""

import os

from sqlalchemy import event
from sqlmodel import Session, create_engine

url = os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg2://")
is_sqlite = url.startswith("sqlite")
if is_sqlite:
    # sqlite:///relative and sqlite:////absolute in SQLAlchemy's spelling.
    url = url.replace("sqlite://", "sqlite:///", 1)

# One connection for each of the 40 threads that run endpoints: none waits for one. Connections beyond the
# pool's size would be opened and closed for every request, which costs three times as much as the request.
engine = create_engine(
    url,
    pool_size=40,
    max_overflow=0,
    connect_args={"check_same_thread": False, "timeout": 5} if is_sqlite else {},
)

if is_sqlite:

    @event.listens_for(engine, "connect")
    def durable(connection, _):
        """As durable as Taskbridge."""
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def get_session():
    """A session for one request."""
    with Session(engine) as session:
        yield session
