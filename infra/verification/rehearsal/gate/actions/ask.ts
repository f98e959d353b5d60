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
