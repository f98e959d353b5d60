"""The API with FastAPI, validated by pydantic, behind Mangum, with boto3; it stores the same item as our functions."""

import hashlib
import json
import os
import uuid
from datetime import datetime, timezone
from typing import Any, Literal, Optional

import boto3
from botocore.exceptions import ClientError
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field, model_validator

table_name = os.environ["TABLE_NAME"]
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


def new_event(content):
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    defaults = {"id": str(uuid.uuid4()), "type": "event", "status": "active"}
    return {**defaults, **content, "createdAt": now, "updatedAt": now, "version": 1}


def put_arguments(event):
    shown = {name: to_attribute(value) for name, value in event.items() if name not in ("id", "payload")}
    item = {
        "id": {"S": event["id"]},
        "event": {"M": shown},
        "byStatus": {"S": "0#" + event["status"]},
        "byType": {"S": "0#" + event["type"]},
        "position": {"S": event["createdAt"] + "#" + event["id"]},
        "incarnation": {"S": str(uuid.uuid4())},
        "contentDigest": {"S": hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:22]},
        "writers": {"L": [{"S": "requests"}] * 4},
    }
    if "organizer" in event:
        item["byOrganizer"] = {"S": event["organizer"]}
    if "payload" in event:
        item["payload"] = {"S": json.dumps(event["payload"])}
    return {
        "TableName": table_name,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(#id)",
        "ExpressionAttributeNames": {"#id": "id"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def to_attribute(value):
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def from_item(item):
    event = {name: int(value["N"]) if "N" in value else value["S"] for name, value in item["event"]["M"].items()}
    payload = {"payload": json.loads(item["payload"]["S"])} if "payload" in item else {}
    return {"id": item["id"]["S"], **event, **payload}


handler = Mangum(app, lifespan="off")
