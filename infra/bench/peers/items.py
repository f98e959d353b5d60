"""What both Python peers do with DynamoDB: the same item as our functions make, by hand."""

import hashlib
import json
import os
import uuid
from datetime import datetime, timezone

table_name = os.environ["TABLE_NAME"]

INTERNAL = {"position", "contentDigest", "incarnation", "writers"}


def new_event(content):
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    defaults = {"id": str(uuid.uuid4()), "type": "event", "status": "active"}
    return {**defaults, **content, "createdAt": now, "updatedAt": now, "version": 1}


def put_arguments(event):
    internal = {
        "position": {"S": event["createdAt"] + "#" + event["id"]},
        "contentDigest": {"S": hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()},
        "incarnation": {"S": str(uuid.uuid4())},
        "writers": {"L": [{"S": "request"}] * 20},
    }
    return {
        "TableName": table_name,
        "Item": {**{name: to_attribute(name, value) for name, value in event.items()}, **internal},
        "ConditionExpression": "attribute_not_exists(#id)",
        "ExpressionAttributeNames": {"#id": "id"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def to_attribute(name, value):
    if name == "payload":
        return {"S": json.dumps(value)}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def from_item(item):
    event = {name: int(value["N"]) if "N" in value else value.get("S") for name, value in item.items() if name not in INTERNAL}
    return {**event, "payload": json.loads(event["payload"])} if "payload" in event else event
