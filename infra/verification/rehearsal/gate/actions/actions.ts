import { asksOfApiGateway } from "./apigateway.ts";
import { asksOfCognito } from "./cognito.ts";
import { asksOfDynamodb } from "./dynamodb.ts";
import { asksOfIam, asksOfSts } from "./iam.ts";
import { asksOfBudgets, asksOfKms, asksOfLogs, asksOfRekognition, asksOfSqs } from "./json.ts";
import { asksOfLambda } from "./lambda.ts";
import { asksOfCloudwatch, asksOfSns } from "./notify.ts";
import { asksOfS3 } from "./s3.ts";
import type { ServiceRequest } from "../service-request.ts";

/** One thing that a request needs a permission for, as the Service Authorization Reference names it. */
export interface Ask {
  action: string;
  resource: string;
  /** Condition keys in lower case. */
  context?: Record<string, string[]>;
}

/** Where names become ARNs, and what must be looked up for it. */
export interface Account {
  accountId: string;
  /** A role's path is in its ARN and not in requests, and its boundary is in a condition key. */
  role: (name: string) => Promise<{ arn: string; boundary?: string } | undefined>;
  /** An API's id is made up by AWS; its name is in a condition key. */
  apiName: (id: string, region: string) => Promise<string | undefined>;
  /** So is a user pool's; its tags are in condition keys. None for a pool that does not exist. */
  userPoolTags: (id: string, region: string) => Promise<Record<string, string>>;
}

/** What requests of a service ask for; undefined for one that is not known. */
export type Asks = (request: ServiceRequest, account: Account) => Ask[] | undefined | Promise<Ask[] | undefined>;

const services: Record<string, Asks> = {
  dynamodb: asksOfDynamodb,
  "cognito-idp": asksOfCognito,
  sqs: asksOfSqs,
  rekognition: asksOfRekognition,
  budgets: asksOfBudgets,
  logs: asksOfLogs,
  kms: asksOfKms,
  iam: asksOfIam,
  sts: asksOfSts,
  sns: asksOfSns,
  monitoring: asksOfCloudwatch,
  lambda: asksOfLambda,
  apigateway: asksOfApiGateway,
  s3: asksOfS3,
};

/**
 * Which IAM actions on which resources a request needs, all of them; none for what everyone may do.
 * Undefined for a request that is not known here: it must be refused, as nobody can say what it needs.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
 */
export async function asksOf(request: ServiceRequest, account: Account): Promise<Ask[] | undefined> {
  const asks = Object.hasOwn(services, request.service) ? services[request.service] : undefined;
  return asks?.(request, account);
}
