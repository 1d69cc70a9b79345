"""The same API as many back ends of this app have it: FastAPI, SQLModel and PyJWT, endpoints in threads."""

from datetime import datetime, timezone
from typing import Annotated

from auth import current_user
from database import get_session
from fastapi import Depends, FastAPI, HTTPException, Query
from models import Task, TaskCreate, TaskRead
from sqlmodel import Session, desc, select

app = FastAPI(title="Tasks")

Database = Annotated[Session, Depends(get_session)]
User = Annotated[str, Depends(current_user)]


def find(session: Session, user: str, task_id: int) -> Task:
    """One of the user's tasks, or 404."""
    task = session.exec(select(Task).where(Task.id == task_id, Task.user_id == user)).first()
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
    return session.exec(select(Task).where(Task.user_id == user).order_by(desc(Task.id)).limit(limit)).all()


@app.post("/api/{user_id}/tasks", response_model=TaskRead, status_code=201)
def create_task(user: User, session: Database, body: TaskCreate):
    """A new task, durable when it is answered."""
    task = Task(user_id=user, **body.model_dump())
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
    task.updated_at = datetime.now(timezone.utc)
    session.add(task)
    session.commit()
    session.refresh(task)
    return task
