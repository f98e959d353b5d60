import type { ServiceRequest } from "../service-request.ts";
import { asksOfApiGateway } from "./apigateway.ts";
import type { Account, Ask } from "./ask.ts";
import { asksOfIam } from "./iam.ts";
import { asksOfLambda } from "./lambda.ts";
import { asksByOperation } from "./operations.ts";
import { asksOfS3 } from "./s3.ts";

/**
 * The IAM actions on resources that a request needs, all of them; none for what everyone may do.
 * Undefined for an unknown request, which must be refused.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
 */
export async function asksOf(request: ServiceRequest, account: Account): Promise<Ask[] | undefined> {
  switch (request.service) {
    case "apigateway":
      return asksOfApiGateway(request, account);
    case "iam":
      return asksOfIam(request, account);
    case "lambda":
      return asksOfLambda(request, account);
    case "s3":
      return asksOfS3(request);
    default:
      return asksByOperation(request, account);
  }
}
