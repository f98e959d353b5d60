import type { ServiceRequest } from "../service-request.ts";
import { asksOfApiGateway } from "./apigateway.ts";
import type { Account, Ask, Asks } from "./ask.ts";
import { asksOfIam, asksOfSts } from "./iam.ts";
import { asksOfLambda } from "./lambda.ts";
import { asksByName } from "./named.ts";
import { asksOfS3 } from "./s3.ts";
import { asksOfBudgets, asksOfCognito, asksOfDynamodb, asksOfKms, asksOfRekognition } from "./special.ts";

const services: Record<string, Asks> = {
  ...asksByName,
  dynamodb: asksOfDynamodb,
  "cognito-idp": asksOfCognito,
  rekognition: asksOfRekognition,
  budgets: asksOfBudgets,
  kms: asksOfKms,
  iam: asksOfIam,
  sts: asksOfSts,
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
