/** An environment variable that must be there. Without one this throws as the function loads, and names it. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

export const region = environment("AWS_REGION");

/** Those of the function's role, which Lambda puts into the environment and exchanges only with the whole process. */
export const credentials = {
  accessKeyId: environment("AWS_ACCESS_KEY_ID"),
  secretAccessKey: environment("AWS_SECRET_ACCESS_KEY"),
  sessionToken: environment("AWS_SESSION_TOKEN"),
};
