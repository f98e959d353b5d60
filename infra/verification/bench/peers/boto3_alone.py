"""The API with boto3 and nothing else, which is how small Python functions are written."""

import json

import boto3
from botocore.exceptions import ClientError

from items import from_item, new_event, put_arguments, table_name

client = boto3.client("dynamodb")

FIELDS = {"id", "type", "title", "description", "date", "location", "capacity", "organizer", "status", "payload"}


def handler(event, context):
    if event["routeKey"] == "POST /events":
        return create(json.loads(event["body"]))
    return get(event["pathParameters"]["id"])


def create(content):
    if set(content) - FIELDS or not ("payload" in content or "title" in content):
        return respond(400, {"detail": "The event breaks the rules."})
    event = new_event(content)
    try:
        client.put_item(**put_arguments(event))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return respond(409, {"detail": "An event with this id exists."})
    return respond(201, event)


def get(id):
    item = client.get_item(TableName=table_name, Key={"id": {"S": id}}, ConsistentRead=True).get("Item")
    return respond(200, from_item(item)) if item else respond(404, {"detail": "There is no event with this id."})


def respond(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
