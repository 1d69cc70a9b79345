"""The task as it is stored and as it is answered. The table is the one that Taskbridge makes."""

import json
from datetime import datetime, timezone
from typing import Annotated

from pydantic import BeforeValidator
from sqlalchemy import BigInteger, Column, SmallInteger
from sqlmodel import Field, SQLModel

PRIORITIES = ("low", "medium", "high")


class Task(SQLModel, table=True):
    """A row."""

    __tablename__ = "tasks"

    user_id: str = Field(primary_key=True)
    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    version: int = Field(default=1, sa_column=Column(BigInteger, nullable=False))
    title: str
    description: str | None = None
    completed: bool = False
    priority: int = Field(default=1, sa_column=Column(SmallInteger, nullable=False))
    tags: str = "[]"
    due_date: int | None = Field(default=None, sa_column=Column(BigInteger))
    created_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    updated_at: int = Field(sa_column=Column(BigInteger, nullable=False))


def _moment(value):
    return datetime.fromtimestamp(value / 1_000_000, timezone.utc) if isinstance(value, int) else value


def _name(value):
    return PRIORITIES[value] if isinstance(value, int) else value


def _tags(value):
    return json.loads(value) if isinstance(value, str) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class TaskRead(SQLModel):
    """An answer."""

    id: int
    user_id: str
    title: str
    description: str | None
    completed: bool
    priority: Annotated[str, BeforeValidator(_name)]
    tags: Annotated[list[str], BeforeValidator(_tags)]
    due_date: Moment | None
    created_at: Moment
    updated_at: Moment


class TaskCreate(SQLModel):
    """A request to make a task."""

    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
