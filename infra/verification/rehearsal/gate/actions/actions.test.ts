import { describe, expect, test } from "vitest";
import { asksOf } from "./actions.ts";
import type { Lookups } from "../account.ts";
import type { Ask } from "../iam.ts";
import { serviceRequest, type ServiceRequest } from "../service-request.ts";

const account: Lookups = {
  role: (name) =>
    Promise.resolve(
      name === "known"
        ? {
            arn: "arn:aws:iam::123456789012:role/app/prod/known",
            boundary: "arn:aws:iam::123456789012:policy/limit",
            trust: { Statement: [] },
          }
        : undefined,
    ),
  userPoolTags: (id) => Promise.resolve<Record<string, string>>(id === "eu-north-1_known" ? { Stage: "prod" } : {}),
};

function json(service: string, target: string, input: object): ServiceRequest {
  return request(service, "POST", "/", JSON.stringify(input), { "x-amz-target": [target] });
}

function form(service: string, fields: Record<string, string>): ServiceRequest {
  return request(service, "POST", "/", new URLSearchParams(fields).toString());
}

function request(
  service: string,
  method: string,
  url: string,
  body = "",
  headers: NodeJS.Dict<string[]> = {},
): ServiceRequest {
  return serviceRequest({ method, url, headers, body: Buffer.from(body) }, service, "eu-north-1");
}

function lambda(method: string, path: string, input?: object): ServiceRequest {
  return request("lambda", method, path, input && JSON.stringify(input));
}

/** `action resource`, and the condition keys that have a value. */
function lines(asks: Ask[] | undefined): string[] | undefined {
  return asks?.map(({ action, resource, context = {} }) =>
    [
      action,
      resource,
      ...Object.entries(context).flatMap(([key, values]) => (values.length > 0 ? `${key}=${values.join("|")}` : [])),
    ].join(" "),
  );
}

const dynamodb = (operation: string, input: object) => json("dynamodb", `DynamoDB_20120810.${operation}`, input);
const cognito = (operation: string, input: object) =>
  json("cognito-idp", `AWSCognitoIdentityProviderService.${operation}`, input);
const iam = (fields: Record<string, string>) => form("iam", fields);
const apigateway = (method: string, path: string, input?: object) =>
  request("apigateway", method, path, input && JSON.stringify(input));
const s3 = (method: string, url: string, body = "", headers: NodeJS.Dict<string[]> = {}) =>
  request("s3", method, url, body, headers);

const table = "arn:aws:dynamodb:eu-north-1:123456789012:table/t";
const functions = "arn:aws:lambda:eu-north-1:123456789012:function";
const pools = "arn:aws:cognito-idp:eu-north-1:123456789012:userpool";
const group = "arn:aws:logs:eu-north-1:123456789012:log-group";

// The requests are those of Terraform's provider, its S3 backend and the SDK for JavaScript, reduced to what matters.
const known: Record<string, [what: string, request: ServiceRequest, asks: string[]][]> = {
  DynamoDB: [
    ["GetItem", dynamodb("GetItem", { TableName: "t" }), [`dynamodb:GetItem ${table}`]],
    ["a table by its ARN", dynamodb("PutItem", { TableName: table }), [`dynamodb:PutItem ${table}`]],
    ["a Query of an index", dynamodb("Query", { TableName: "t", IndexName: "i" }), [`dynamodb:Query ${table}/index/i`]],
    [
      "CreateTable with tags",
      dynamodb("CreateTable", { TableName: "t", Tags: [{ Key: "a", Value: "b" }] }),
      [`dynamodb:CreateTable ${table}`, `dynamodb:TagResource ${table}`],
    ],
    [
      "ListTagsOfResource",
      dynamodb("ListTagsOfResource", { ResourceArn: table }),
      [`dynamodb:ListTagsOfResource ${table}`],
    ],
    [
      "BatchWriteItem on two tables",
      dynamodb("BatchWriteItem", { RequestItems: { t: [], u: [] } }),
      [`dynamodb:BatchWriteItem ${table}`, "dynamodb:BatchWriteItem arn:aws:dynamodb:eu-north-1:123456789012:table/u"],
    ],
  ],
  Cognito: [
    [
      "CreateUserPool with tags",
      cognito("CreateUserPool", { PoolName: "p", UserPoolTags: { stage: "prod" } }),
      ["cognito-idp:CreateUserPool * aws:requesttag/stage=prod", "cognito-idp:TagResource * aws:requesttag/stage=prod"],
    ],
    ["CreateUserPool without tags", cognito("CreateUserPool", { PoolName: "p" }), ["cognito-idp:CreateUserPool *"]],
    [
      "an app client, of a pool with tags",
      cognito("CreateUserPoolClient", { UserPoolId: "eu-north-1_known" }),
      [`cognito-idp:CreateUserPoolClient ${pools}/eu-north-1_known aws:resourcetag/stage=prod`],
    ],
    [
      "a pool without tags",
      cognito("DeleteUserPool", { UserPoolId: "eu-north-1_x" }),
      [`cognito-idp:DeleteUserPool ${pools}/eu-north-1_x`],
    ],
    [
      "other tags in an update",
      cognito("UpdateUserPool", { UserPoolId: "eu-north-1_known", UserPoolTags: { stage: "x" } }),
      [`cognito-idp:UpdateUserPool ${pools}/eu-north-1_known aws:resourcetag/stage=prod aws:requesttag/stage=x`],
    ],
    [
      "TagResource",
      cognito("TagResource", { ResourceArn: `${pools}/eu-north-1_known`, Tags: { stage: "x" } }),
      [`cognito-idp:TagResource ${pools}/eu-north-1_known aws:resourcetag/stage=prod aws:requesttag/stage=x`],
    ],
    [
      "a new user",
      cognito("AdminCreateUser", { UserPoolId: "eu-north-1_known" }),
      [`cognito-idp:AdminCreateUser ${pools}/eu-north-1_known aws:resourcetag/stage=prod`],
    ],
    ["the list of pools", cognito("ListUserPools", { MaxResults: 60 }), ["cognito-idp:ListUserPools *"]],
  ],
  "SQS, Rekognition and Budgets": [
    [
      "CreateQueue",
      json("sqs", "AmazonSQS.CreateQueue", { QueueName: "q", tags: { a: "b" } }),
      ["sqs:CreateQueue arn:aws:sqs:eu-north-1:123456789012:q", "sqs:TagQueue arn:aws:sqs:eu-north-1:123456789012:q"],
    ],
    [
      "a queue by its URL",
      json("sqs", "AmazonSQS.SendMessage", { QueueUrl: "http://x/123456789012/q" }),
      ["sqs:SendMessage arn:aws:sqs:eu-north-1:123456789012:q"],
    ],
    [
      "labels of an object",
      json("rekognition", "RekognitionService.DetectLabels", { Image: { S3Object: { Bucket: "b", Name: "a/c" } } }),
      ["rekognition:DetectLabels *", "s3:GetObject arn:aws:s3:::b/a/c"],
    ],
    [
      "labels of bytes",
      json("rekognition", "RekognitionService.DetectLabels", { Image: { Bytes: "" } }),
      ["rekognition:DetectLabels *"],
    ],
    [
      "CreateBudget",
      json("budgets", "AWSBudgetServiceGateway.CreateBudget", { Budget: { BudgetName: "b" } }),
      ["budgets:ModifyBudget arn:aws:budgets::123456789012:budget/b"],
    ],
    [
      "DescribeNotificationsForBudget",
      json("budgets", "AWSBudgetServiceGateway.DescribeNotificationsForBudget", { BudgetName: "b" }),
      ["budgets:ViewBudget arn:aws:budgets::123456789012:budget/b"],
    ],
    [
      "a budget's tags",
      json("budgets", "AWSBudgetServiceGateway.ListTagsForResource", { ResourceARN: "arn:b" }),
      ["budgets:ListTagsForResource arn:b"],
    ],
  ],
  "CloudWatch and its Logs": [
    [
      "CreateLogGroup with tags",
      json("logs", "Logs_20140328.CreateLogGroup", { logGroupName: "/a", tags: { b: "c" } }),
      [`logs:CreateLogGroup ${group}:/a:log-stream:`, `logs:TagResource ${group}:/a`],
    ],
    [
      "PutLogEvents",
      json("logs", "Logs_20140328.PutLogEvents", { logGroupName: "/a", logStreamName: "s" }),
      [`logs:PutLogEvents ${group}:/a:log-stream:s`],
    ],
    [
      "DescribeLogGroups",
      json("logs", "Logs_20140328.DescribeLogGroups", { logGroupNamePrefix: "/a" }),
      [`logs:DescribeLogGroups ${group}::log-stream:`],
    ],
    [
      "a metric filter",
      json("logs", "Logs_20140328.PutMetricFilter", { logGroupName: "/a", filterName: "f" }),
      [`logs:PutMetricFilter ${group}:/a:log-stream:`],
    ],
    ["a saved query", json("logs", "Logs_20140328.PutQueryDefinition", { name: "q" }), ["logs:PutQueryDefinition *"]],
    [
      "a log group's tags",
      json("logs", "Logs_20140328.ListTagsForResource", { resourceArn: `${group}:/a` }),
      [`logs:ListTagsForResource ${group}:/a`],
    ],
    [
      "PutMetricAlarm in a form",
      form("monitoring", {
        Action: "PutMetricAlarm",
        AlarmName: "x",
        "AlarmActions.member.1": "a",
        "OKActions.member.1": "b",
        "Tags.member.1.Key": "a",
      }),
      [
        "cloudwatch:PutMetricAlarm arn:aws:cloudwatch:eu-north-1:123456789012:alarm:x cloudwatch:alarmactions=a|b",
        "cloudwatch:TagResource arn:aws:cloudwatch:eu-north-1:123456789012:alarm:x cloudwatch:alarmactions=a|b",
      ],
    ],
    [
      "DeleteAlarms in JSON",
      json("monitoring", "GraniteServiceVersion20100801.DeleteAlarms", { AlarmNames: ["x"] }),
      ["cloudwatch:DeleteAlarms arn:aws:cloudwatch:eu-north-1:123456789012:alarm:x"],
    ],
    [
      "SetAlarmState in a form",
      form("monitoring", { Action: "SetAlarmState", AlarmName: "x" }),
      ["cloudwatch:SetAlarmState arn:aws:cloudwatch:eu-north-1:123456789012:alarm:x"],
    ],
    [
      "PutDashboard",
      form("monitoring", { Action: "PutDashboard", DashboardName: "d" }),
      ["cloudwatch:PutDashboard arn:aws:cloudwatch::123456789012:dashboard/d"],
    ],
    [
      "CreateTopic",
      form("sns", { Action: "CreateTopic", Name: "t" }),
      ["sns:CreateTopic arn:aws:sns:eu-north-1:123456789012:t"],
    ],
    [
      "Subscribe",
      form("sns", {
        Action: "Subscribe",
        TopicArn: "arn:aws:sns:eu-north-1:123456789012:t",
        Protocol: "sms",
      }),
      ["sns:Subscribe arn:aws:sns:eu-north-1:123456789012:t sns:protocol=sms"],
    ],
    [
      "a subscription",
      form("sns", {
        Action: "GetSubscriptionAttributes",
        SubscriptionArn: "arn:aws:sns:eu-north-1:123456789012:t:00000000-0000-0000-0000-000000000000",
      }),
      ["sns:GetSubscriptionAttributes arn:aws:sns:eu-north-1:123456789012:t"],
    ],
  ],
  "IAM and STS": [
    [
      "CreateRole with a path, a boundary and tags",
      iam({
        Action: "CreateRole",
        RoleName: "known",
        Path: "/app/",
        PermissionsBoundary: "arn:b",
        "Tags.member.1.Key": "a",
      }),
      [
        "iam:CreateRole arn:aws:iam::123456789012:role/app/known iam:permissionsboundary=arn:b",
        "iam:TagRole arn:aws:iam::123456789012:role/app/known",
      ],
    ],
    [
      "CreateRole without a boundary",
      iam({ Action: "CreateRole", RoleName: "x" }),
      ["iam:CreateRole arn:aws:iam::123456789012:role/x"],
    ],
    [
      "a role that has a path",
      iam({ Action: "GetRole", RoleName: "known" }),
      ["iam:GetRole arn:aws:iam::123456789012:role/app/prod/known"],
    ],
    [
      "AttachRolePolicy",
      iam({ Action: "AttachRolePolicy", RoleName: "known", PolicyArn: "arn:p" }),
      [
        "iam:AttachRolePolicy arn:aws:iam::123456789012:role/app/prod/known iam:permissionsboundary=arn:aws:iam::123456789012:policy/limit",
      ],
    ],
    [
      "PutRolePermissionsBoundary",
      iam({ Action: "PutRolePermissionsBoundary", RoleName: "known", PermissionsBoundary: "arn:b" }),
      ["iam:PutRolePermissionsBoundary arn:aws:iam::123456789012:role/app/prod/known iam:permissionsboundary=arn:b"],
    ],
    [
      "CreatePolicyVersion",
      iam({ Action: "CreatePolicyVersion", PolicyArn: "arn:p" }),
      ["iam:CreatePolicyVersion arn:p"],
    ],
    [
      "CreateOpenIDConnectProvider",
      iam({ Action: "CreateOpenIDConnectProvider", Url: "https://x.example" }),
      ["iam:CreateOpenIDConnectProvider arn:aws:iam::123456789012:oidc-provider/x.example"],
    ],
    [
      "AssumeRole",
      form("sts", { Action: "AssumeRole", RoleArn: "arn:r", RoleSessionName: "s" }),
      ["sts:AssumeRole arn:r"],
    ],
    ["GetCallerIdentity", form("sts", { Action: "GetCallerIdentity" }), []],
  ],
  Lambda: [
    [
      "CreateFunction",
      lambda("POST", "/2015-03-31/functions", { FunctionName: "f", Role: "arn:r", Tags: { a: "b" } }),
      [
        `lambda:CreateFunction ${functions}:f`,
        `lambda:TagResource ${functions}:f`,
        "iam:PassRole arn:r iam:passedtoservice=lambda.amazonaws.com",
      ],
    ],
    [
      "an update of the code",
      lambda("PUT", "/2015-03-31/functions/f/code", {}),
      [`lambda:UpdateFunctionCode ${functions}:f`],
    ],
    [
      "another role",
      lambda("PUT", "/2015-03-31/functions/f/configuration", { Role: "arn:r" }),
      [
        `lambda:UpdateFunctionConfiguration ${functions}:f`,
        "iam:PassRole arn:r iam:passedtoservice=lambda.amazonaws.com",
      ],
    ],
    [
      "a version's configuration",
      lambda("GET", "/2015-03-31/functions/f/configuration?Qualifier=2"),
      [`lambda:GetFunctionConfiguration ${functions}:f:2`],
    ],
    ["an alias", lambda("GET", "/2015-03-31/functions/f/aliases/live"), [`lambda:GetAlias ${functions}:f`]],
    [
      "a permission on an alias",
      lambda("POST", "/2015-03-31/functions/f/policy?Qualifier=live", { Principal: "apigateway.amazonaws.com" }),
      [`lambda:AddPermission ${functions}:f:live lambda:principal=apigateway.amazonaws.com`],
    ],
    [
      "a function by its ARN",
      lambda("GET", `/2020-06-30/functions/${encodeURIComponent(`${functions}:f`)}/code-signing-config`),
      [`lambda:GetFunctionCodeSigningConfig ${functions}:f`],
    ],
    [
      "an invocation of an alias",
      lambda("POST", "/2015-03-31/functions/f:live/invocations"),
      [`lambda:InvokeFunction ${functions}:f:live`],
    ],
    [
      "a URL of its own",
      lambda("POST", "/2021-10-31/functions/f/url", { AuthType: "NONE" }),
      [`lambda:CreateFunctionUrlConfig ${functions}:f`],
    ],
    [
      "a function's tags",
      lambda("GET", `/2017-03-31/tags/${encodeURIComponent(`${functions}:f`)}`),
      [`lambda:ListTags ${functions}:f`],
    ],
    ["the list of all", lambda("GET", "/2015-03-31/functions/"), ["lambda:ListFunctions *"]],
  ],
  "API Gateway": [
    [
      "CreateApi with tags",
      apigateway("POST", "/v2/apis", { name: "app-prod", tags: { a: "b" } }),
      [
        "apigateway:POST arn:aws:apigateway:eu-north-1::/apis apigateway:request/apiname=app-prod",
        "apigateway:POST arn:aws:apigateway:eu-north-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-north-1%3A%3A%2Fv2%2Fapis%2F*",
      ],
    ],
    [
      "more tags",
      apigateway("POST", "/v2/tags/a1", { tags: { a: "b" } }),
      ["apigateway:POST arn:aws:apigateway:eu-north-1::/tags/a1"],
    ],
    [
      "another name",
      apigateway("PATCH", "/v2/apis/a1", { name: "b" }),
      ["apigateway:PATCH arn:aws:apigateway:eu-north-1::/apis/a1 apigateway:request/apiname=b"],
    ],
    ["DeleteApi", apigateway("DELETE", "/v2/apis/a1"), ["apigateway:DELETE arn:aws:apigateway:eu-north-1::/apis/a1"]],
    [
      "CreateRoute",
      apigateway("POST", "/v2/apis/a1/routes", {}),
      ["apigateway:POST arn:aws:apigateway:eu-north-1::/apis/a1/routes"],
    ],
    [
      "CreateAuthorizer",
      apigateway("POST", "/v2/apis/a1/authorizers", { name: "x" }),
      ["apigateway:POST arn:aws:apigateway:eu-north-1::/apis/a1/authorizers"],
    ],
    [
      "DeleteAuthorizer",
      apigateway("DELETE", "/v2/apis/a1/authorizers/b2"),
      ["apigateway:DELETE arn:aws:apigateway:eu-north-1::/apis/a1/authorizers/b2"],
    ],
    [
      "CreateStage with tags and a log",
      apigateway("POST", "/v2/apis/a1/stages", { tags: { a: "b" }, accessLogSettings: {} }),
      [
        "apigateway:POST arn:aws:apigateway:eu-north-1::/apis/a1/stages",
        "apigateway:TagResource arn:aws:apigateway:eu-north-1::/apis/a1/stages",
        "logs:CreateLogDelivery *",
      ],
    ],
  ],
  S3: [
    ["CreateBucket", s3("PUT", "/b"), ["s3:CreateBucket arn:aws:s3:::b"]],
    ["HeadBucket", s3("HEAD", "/b"), ["s3:ListBucket arn:aws:s3:::b"]],
    ["a list with a prefix", s3("GET", "/b?list-type=2&prefix=a%2F"), ["s3:ListBucket arn:aws:s3:::b s3:prefix=a/"]],
    ["the list of buckets", s3("GET", "/?x-id=ListBuckets"), ["s3:ListAllMyBuckets *"]],
    [
      "the block of the whole account",
      s3("PUT", "/v20180820/configuration/publicAccessBlock"),
      ["s3:PutAccountPublicAccessBlock *"],
    ],
    [
      "a bucket's tags, as version 6 of the provider asks for them",
      s3("GET", "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Ab"),
      ["s3:ListTagsForResource arn:aws:s3:::b"],
    ],
    ["a bucket's new tags", s3("POST", "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Ab"), ["s3:TagResource arn:aws:s3:::b"]],
    [
      "a bucket without a tag",
      s3("DELETE", "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Ab?tagKeys=a"),
      ["s3:UntagResource arn:aws:s3:::b"],
    ],
    ["a bucket's policy", s3("PUT", "/b?policy", "{}"), ["s3:PutBucketPolicy arn:aws:s3:::b"]],
    ["a deleted policy", s3("DELETE", "/b?policy"), ["s3:DeleteBucketPolicy arn:aws:s3:::b"]],
    ["deleted CORS", s3("DELETE", "/b?cors"), ["s3:PutBucketCORS arn:aws:s3:::b"]],
    ["encryption", s3("GET", "/b?encryption="), ["s3:GetEncryptionConfiguration arn:aws:s3:::b"]],
    ["an object", s3("GET", "/b/a%20b/c"), ["s3:GetObject arn:aws:s3:::b/a b/c"]],
    ["a version of an object", s3("DELETE", "/b/a?versionId=1"), ["s3:DeleteObjectVersion arn:aws:s3:::b/a"]],
    [
      "an upload with headers",
      s3("PUT", "/b/a", "x", { "x-amz-server-side-encryption": ["AES256"] }),
      ["s3:PutObject arn:aws:s3:::b/a"],
    ],
    [
      "a copy",
      s3("PUT", "/b/a", "", { "x-amz-copy-source": ["/c/d%20e?versionId=1"] }),
      ["s3:PutObject arn:aws:s3:::b/a", "s3:GetObject arn:aws:s3:::c/d e"],
    ],
    [
      "DeleteObjects",
      s3(
        "POST",
        "/b?delete=",
        "<Delete><Object><Key>a b</Key></Object><Object><Key>c</Key><VersionId>1</VersionId></Object></Delete>",
      ),
      ["s3:DeleteObject arn:aws:s3:::b/a b", "s3:DeleteObjectVersion arn:aws:s3:::b/c"],
    ],
    ["the start of a multipart upload", s3("POST", "/b/a?uploads"), ["s3:PutObject arn:aws:s3:::b/a"]],
    ["a tag on an object", s3("PUT", "/b/a?tagging", "<Tagging/>"), ["s3:PutObjectTagging arn:aws:s3:::b/a"]],
  ],
};

describe.each(Object.entries(known))("%s requires the right actions and resources", (_service, requests) => {
  test.each(requests)("%s", async (_what, sent, expected) => {
    expect(lines(await asksOf(sent, account))).toEqual(expected);
  });
});

test.each<[string, ServiceRequest]>([
  ["a service", json("textract", "Textract.DetectDocumentText", {})],
  ["an operation of Rekognition", json("rekognition", "RekognitionService.DetectFaces", {})],
  ["an operation on a user pool", cognito("CreateGroup", { UserPoolId: "eu-north-1_known" })],
  ["an operation in JSON", dynamodb("ExecuteStatement", {})],
  ["an operation in a form", form("sns", { Action: "AddPermission" })],
  ["no operation at all", request("iam", "GET", "/")],
  ["a path of Lambda", lambda("GET", "/2018-10-31/layers")],
  ["a path of API Gateway", apigateway("GET", "/restapis")],
  ["a method of S3", s3("PATCH", "/b/a")],
])("an unknown request is not guessed: %s", async (_what, sent) => {
  expect(await asksOf(sent, account)).toBeUndefined();
});
