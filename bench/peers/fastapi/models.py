"""The task as it is stored and as it is answered."""

from datetime import datetime, timezone

from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer
from sqlmodel import Field, SQLModel


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _moment() -> Column:
    return Column(DateTime(timezone=True))


class Task(SQLModel, table=True):
    """A row of `peers/schema`."""

    __tablename__ = "tasks"

    # SQLite counts up only an INTEGER.
    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    user_id: str = Field(index=True)
    title: str
    description: str | None = None
    completed: bool = False
    priority: str = "medium"
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    due_date: datetime | None = Field(default=None, sa_column=_moment())
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    updated_at: datetime = Field(default_factory=_now, sa_column=_moment())


class TaskRead(SQLModel):
    """An answer."""

    id: int
    user_id: str
    title: str
    description: str | None
    completed: bool
    priority: str
    tags: list[str]
    due_date: datetime | None
    created_at: datetime
    updated_at: datetime


class TaskCreate(SQLModel):
    """A request to create a task."""

    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
