import { environment } from "./environment.ts";
import { BoundedRequestHandler, type AttemptLimits } from "./request-handler.ts";

export const region = environment("AWS_REGION");

/** Those of the function's role, which Lambda puts into the environment and exchanges only with the whole process. */
export const credentials = {
  accessKeyId: environment("AWS_ACCESS_KEY_ID"),
  secretAccessKey: environment("AWS_SECRET_ACCESS_KEY"),
  sessionToken: environment("AWS_SESSION_TOKEN"),
};

/**
 * The options of an SDK client, every one of them: the SDK looks for each missing one in ~/.aws and in
 * files of its own at the first request, which costs milliseconds and finds nothing in Lambda. The
 * bundler takes the default credential chain out, so the credentials come from the environment.
 *
 * `endpoint` is the URL of an emulator, undefined for AWS.
 */
export function clientOptions(endpoint: string | undefined, limits: AttemptLimits & { attempts: number }) {
  return {
    region,
    credentials,
    ...(endpoint !== undefined && { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    requestHandler: new BoundedRequestHandler(limits),
    maxAttempts: limits.attempts,
    retryMode: "standard",
    defaultsMode: "standard" as const,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: [],
    disableClockSkewCorrection: false,
    userAgentAppId: () => Promise.resolve(undefined),
    defaultUserAgentProvider: (): Promise<[string, string?][]> =>
      Promise.resolve([["aws-sdk-js"], ["lang/js"], ["md/nodejs", process.versions.node]]),
    cacheMiddleware: true,
  };
}
