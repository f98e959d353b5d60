"""The API with FastAPI, which validates by pydantic, behind Mangum, with boto3."""

from typing import Any, Literal, Optional

import boto3
from botocore.exceptions import ClientError
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field, model_validator

from items import from_item, new_event, put_arguments, table_name

client = boto3.client("dynamodb")

app = FastAPI()


class NewEvent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Optional[str] = Field(None, pattern=r"^[A-Za-z0-9._~-]{1,128}$")
    type: str = Field("event", min_length=1, max_length=100)
    title: Optional[str] = Field(None, min_length=1, max_length=200)
    description: Optional[str] = Field(None, min_length=1, max_length=1000)
    date: Optional[str] = Field(None, pattern=r"^\d{4}-\d\d-\d\d")
    location: Optional[str] = Field(None, min_length=1, max_length=200)
    capacity: Optional[int] = Field(None, ge=1, le=100_000)
    organizer: Optional[str] = Field(None, min_length=1, max_length=100)
    status: Literal["draft", "published", "cancelled", "completed", "active"] = "active"
    payload: Optional[dict[str, Any]] = None

    @model_validator(mode="after")
    def has_content(self):
        if self.payload is None and self.title is None:
            raise ValueError("must have a payload or a title")
        return self


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    return JSONResponse({"detail": "The event breaks the rules."}, status_code=400)


@app.post("/events", status_code=201)
def create(content: NewEvent):
    event = new_event(content.model_dump(exclude_none=True))
    try:
        client.put_item(**put_arguments(event))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise HTTPException(409, "An event with this id exists.")
    return event


@app.get("/events/{id}")
def get(id: str):
    item = client.get_item(TableName=table_name, Key={"id": {"S": id}}, ConsistentRead=True).get("Item")
    if not item:
        raise HTTPException(404, "There is no event with this id.")
    return from_item(item)


handler = Mangum(app, lifespan="off")
