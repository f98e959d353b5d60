export interface Ask {
  action: string;
  resource: string;
  context?: Record<string, string[]>;
}

/** Values to look up: ARNs and condition keys have them, but requests do not. */
export interface Account {
  accountId: string;
  role: (name: string) => Promise<{ arn: string; boundary?: string } | undefined>;
  apiName: (id: string, region: string) => Promise<string | undefined>;
  userPoolTags: (id: string, region: string) => Promise<Record<string, string>>;
}
