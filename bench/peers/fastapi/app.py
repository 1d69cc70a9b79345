"""The same API as many back ends of this app have it: FastAPI, SQLModel and PyJWT, endpoints in threads."""

import threading
import time
from typing import Annotated

from database import get_session
from fastapi import Depends, FastAPI, HTTPException, Query
from sqlmodel import Session, desc, select

from auth import current_user
from models import Task, TaskCreate, TaskRead

app = FastAPI(title="Tasks")

Database = Annotated[Session, Depends(get_session)]
User = Annotated[str, Depends(current_user)]

EPOCH_MICROS = 1_735_689_600_000_000
_last_id = 0
_lock = threading.Lock()


def now_micros() -> int:
    """Microseconds since the Unix epoch."""
    return time.time_ns() // 1000


def new_id() -> int:
    """As Taskbridge: from the clock, and greater than the last."""
    global _last_id
    with _lock:
        _last_id = max(_last_id + 1, now_micros() - EPOCH_MICROS)
        return _last_id


def find(session: Session, user: str, task_id: int) -> Task:
    """One of the user's tasks, or 404."""
    task = session.get(Task, (user, task_id))
    if task is None:
        raise HTTPException(404, "Task not found")
    return task


@app.get("/health")
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "healthy"}


@app.get("/api/{user_id}/tasks", response_model=list[TaskRead])
def list_tasks(user: User, session: Database, limit: Annotated[int, Query(ge=1, le=200)] = 100):
    """The newest tasks."""
    query = select(Task).where(Task.user_id == user)
    return session.exec(query.order_by(desc(Task.created_at), desc(Task.id)).limit(limit)).all()


@app.post("/api/{user_id}/tasks", response_model=TaskRead, status_code=201)
def create_task(user: User, session: Database, body: TaskCreate):
    """A new task, durable when it is answered."""
    now = now_micros()
    task = Task(user_id=user, id=new_id(), created_at=now, updated_at=now, **body.model_dump())
    session.add(task)
    session.commit()
    session.refresh(task)
    return task


@app.get("/api/{user_id}/tasks/{task_id}", response_model=TaskRead)
def read_task(user: User, session: Database, task_id: int):
    """One task."""
    return find(session, user, task_id)


@app.patch("/api/{user_id}/tasks/{task_id}/complete", response_model=TaskRead)
def toggle_task(user: User, session: Database, task_id: int):
    """Flips whether it is done."""
    task = find(session, user, task_id)
    task.completed = not task.completed
    task.version += 1
    task.updated_at = now_micros()
    session.add(task)
    session.commit()
    session.refresh(task)
    return task
