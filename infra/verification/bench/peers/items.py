"""What both Python peers do with DynamoDB: the same item as our functions make, by hand."""

import hashlib
import json
import os
import uuid
from datetime import datetime, timezone

table_name = os.environ["TABLE_NAME"]


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
