import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, test } from "vitest";
import { account } from "./account.ts";
import { startBucket } from "./bucket.ts";
import type { StandIn } from "./stand-in.ts";
import type { Objects, StoredObject } from "./bucket-objects.ts";
import { exchange, type Answer } from "../../testing/call.ts";

interface Started {
  bucket: StandIn;
  objects: Map<string, StoredObject>;
  /** The keys passed to onPut. */
  stored: string[];
}

const started: StandIn[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((bucket) => bucket.stop()));
});

async function start({ ahead_s = 0 } = {}): Promise<Started> {
  const objects = new Map<string, StoredObject>();
  const stored: string[] = [];
  const now = () => new Date(Date.now() + ahead_s * 1000);
  const bucket = await startBucket({ objects: objects satisfies Objects, now, onPut: (key) => stored.push(key) });
  started.push(bucket);
  return { bucket, objects, stored };
}

interface Request {
  method?: string;
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
}

const settings = { service: "s3", region: account.region, credentials: account, sha256: Sha256, uriEscapePath: false };
const host = (url: string) => new URL(url).host;

/** A URL presigned by the SDK's own signer, with all these headers signed. */
async function presign(
  url: string,
  { method = "PUT", path = "/images/incoming/1/a", query = {}, headers = {} }: Request,
  more: object = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  const request = new HttpRequest({
    method,
    protocol: "http:",
    hostname,
    port: Number(port),
    path,
    query,
    headers: { ...headers, host: host(url), "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  const signer = new SignatureV4({ ...settings, ...more });
  const signed = await signer.presign(request, { expiresIn: 300, unhoistableHeaders: new Set(Object.keys(headers)) });
  const parameters = new URLSearchParams(signed.query as Record<string, string>);
  return `${signed.path}?${parameters.toString()}`;
}

/** Sends a presigned request with its headers. */
async function send(url: string, request: Request, more?: object): Promise<Answer> {
  const path = await presign(url, request, more);
  return exchange(url, {
    method: request.method ?? "PUT",
    path,
    headers: request.headers ?? {},
    body: Buffer.from(request.body ?? ""),
  });
}

/** Sends a request that the SDK's signer signed in its headers, like the SDK's S3 client. */
async function sendSigned(
  url: string,
  { method = "PUT", path = "/images/incoming/1/a", headers = {}, body = "" }: Request,
  more: object = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const all = { ...headers, host: host(url), "content-length": String(body.length) };
  const request = new HttpRequest({
    method,
    protocol: "http:",
    hostname,
    port: Number(port),
    path,
    headers: all,
    body,
  });
  const signed = await new SignatureV4({ ...settings, ...more, applyChecksum: true }).sign(request);
  return exchange(url, { method, path, headers: signed.headers, body: Buffer.from(body) });
}

function refused(status: number, code: string, message: string, more = ""): Answer {
  const xml = `^<\\?xml version="1.0" encoding="UTF-8"\\?>\n<Error><Code>${code}</Code><Message>${message.replaceAll(/[.?()]/g, "\\$&")}</Message>${more}<RequestId>[0-9A-F]{16}</RequestId></Error>$`;
  return {
    status,
    headers: expect.objectContaining({
      "content-type": "application/xml",
      "x-amz-request-id": expect.stringMatching(/^[0-9A-F]{16}$/) as string,
    }) as Answer["headers"],
    body: expect.stringMatching(new RegExp(xml)) as string,
  };
}

function answered(status: number, headers: Record<string, string>, body?: unknown): Answer {
  const always = { "x-amz-request-id": expect.stringMatching(/^[0-9A-F]{16}$/) as string };
  return {
    status,
    headers: expect.objectContaining({ ...always, ...headers }) as Answer["headers"],
    ...(body !== undefined && { body }),
  };
}

const mismatch = refused(
  403,
  "SignatureDoesNotMatch",
  "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
);
const noSuchKey = refused(404, "NoSuchKey", "The specified key does not exist.");
const notOneAuth = refused(
  400,
  "InvalidArgument",
  "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
);
const etag = '"5d41402abc4b2a76b9719d911017c592"';

/** What an upload URL of the API allows. */
const upload = {
  headers: { "content-length": "5", "content-type": "image/jpeg", "if-none-match": "*" },
  body: "hello",
};

const object: StoredObject = {
  bytes: Buffer.from("hello"),
  metadata: { "content-type": "image/png" },
  lastModified: new Date("2026-01-02T03:04:05Z"),
};

describe("an upload", () => {
  test("as it was signed is stored with its type, and reported", async () => {
    const { bucket, objects, stored } = await start();
    expect(await send(bucket.url, upload)).toEqual(answered(200, { etag }));
    expect([...objects]).toEqual([
      [
        "incoming/1/a",
        {
          bytes: Buffer.from("hello"),
          metadata: { "content-type": "image/jpeg" },
          lastModified: expect.any(Date) as Date,
        },
      ],
    ]);
    expect(stored).toEqual(["incoming/1/a"]);
  });

  test.each<[string, (path: string) => string, Record<string, string | undefined>, Answer]>([
    ["another type", (path) => path, { "content-type": "text/html" }, mismatch],
    ["no type", (path) => path, { "content-type": undefined }, mismatch],
    ["a shorter body", (path) => path, { "content-length": "4" }, mismatch],
    ["no condition", (path) => path, { "if-none-match": undefined }, mismatch],
    ["another key", (path) => path.replace("/1/a", "/2/a"), {}, mismatch],
    ["a longer lifetime", (path) => path.replace("Expires=300", "Expires=301"), {}, mismatch],
    ["another parameter", (path) => `${path}&versionId=1`, {}, mismatch],
    ["an Authorization header as well", (path) => path, { authorization: "Bearer token" }, notOneAuth],
    [
      "an unsigned header of S3",
      (path) => path,
      { "x-amz-acl": "public-read" },
      refused(403, "AccessDenied", "There were headers present in the request which were not signed"),
    ],
    [
      "a chunked body without a length",
      (path) => path,
      { "content-length": undefined },
      refused(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        "<Header>Transfer-Encoding</Header>",
      ),
    ],
    ["no signature", (path) => path.replace(/\?.*/, ""), {}, refused(403, "AccessDenied", "Access Denied")],
    [
      "a lifetime of more than a week",
      (path) => path.replace("Expires=300", "Expires=604801"),
      {},
      refused(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be 1 to 604800 seconds."),
    ],
    [
      "another session",
      (path) => path.replace("Security-Token=local", "Security-Token=x"),
      {},
      refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
    ],
    [
      "an unknown key",
      (path) => path.replace("Credential=local", "Credential=x"),
      {},
      refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    ],
  ])("is refused with %s, and nothing is stored", async (_what, tamper, changes, refusal) => {
    const { bucket, objects, stored } = await start();
    const path = tamper(await presign(bucket.url, upload));
    const all: Record<string, string | undefined> = { ...upload.headers, ...changes };
    const headers = Object.fromEntries(
      Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined),
    );
    const body = Buffer.from(upload.body).subarray(0, Number(headers["content-length"] ?? 5));
    expect(await exchange(bucket.url, { method: "PUT", path, headers, body })).toEqual(refusal);
    expect([objects.size, stored]).toEqual([0, []]);
  });

  test("is refused with a URL for reading", async () => {
    const { bucket, objects } = await start();
    const path = await presign(bucket.url, { method: "GET" });
    expect(
      await exchange(bucket.url, {
        method: "PUT",
        path,
        headers: { "content-length": "5" },
        body: Buffer.from("hello"),
      }),
    ).toEqual(mismatch);
    expect(objects.size).toBe(0);
  });

  // Not 299: a signature's time has no milliseconds, so 300 seconds may be over at once.
  test.each([
    [290, answered(200, { etag })],
    [302, refused(403, "AccessDenied", "Request has expired")],
    [-1000, refused(403, "AccessDenied", "Request is not yet valid")],
  ])("is answered by the bucket's clock, %i seconds ahead", async (ahead_s, answer) => {
    const { bucket } = await start({ ahead_s });
    expect(await send(bucket.url, upload)).toEqual(answer);
  });

  test("is refused if its signature is for another region or service", async () => {
    const { bucket } = await start();
    const message = "The credential must be for the service s3 in the region local.";
    expect(await send(bucket.url, upload, { region: "eu-north-1" })).toEqual(
      refused(400, "AuthorizationQueryParametersError", message),
    );
    expect(await sendSigned(bucket.url, {}, { service: "sqs" })).toEqual(
      refused(400, "AuthorizationHeaderMalformed", message),
    );
  });

  test("is refused with another secret", async () => {
    const { bucket } = await start();
    expect(await send(bucket.url, upload, { credentials: { ...account, secretAccessKey: "x" } })).toEqual(mismatch);
  });

  test("to a key that exists is refused, and changes nothing", async () => {
    const { bucket, objects, stored } = await start();
    objects.set("incoming/1/a", object);
    const refusal = refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    expect(await send(bucket.url, upload)).toEqual(refusal);
    expect([objects.get("incoming/1/a"), stored]).toEqual([object, []]);
  });

  test("succeeds only once among many at the same time", async () => {
    const { bucket, objects, stored } = await start();
    const bodies = ["one..", "two..", "three", "four.", "five."];
    const answers = await Promise.all(bodies.map((body) => send(bucket.url, { ...upload, body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
    const winner = bodies[answers.findIndex(({ status }) => status === 200)];
    expect([objects.get("incoming/1/a")?.bytes.toString(), stored]).toEqual([winner, ["incoming/1/a"]]);
  });

  test("without the condition replaces the object", async () => {
    const { bucket, objects } = await start();
    objects.set("incoming/1/a", object);
    expect(await send(bucket.url, { headers: { "content-length": "3" }, body: "new" })).toMatchObject({ status: 200 });
    expect(objects.get("incoming/1/a")).toMatchObject({
      bytes: Buffer.from("new"),
      metadata: { "content-type": "binary/octet-stream" },
    });
  });

  test("shorter than its length is refused, and nothing is stored", async () => {
    const { bucket, objects, stored } = await start();
    const request = { ...upload, headers: { ...upload.headers, "content-length": "6" } };
    expect(await send(bucket.url, request)).toEqual(
      refused(
        400,
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
      ),
    );
    expect([objects.size, stored]).toEqual([0, []]);
  });

  test("whose connection breaks stores nothing, and the bucket keeps running", async () => {
    const { bucket, objects, stored } = await start();
    const path = await presign(bucket.url, upload);
    const socket = connect(Number(new URL(bucket.url).port), "127.0.0.1");
    const head = Object.entries(upload.headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    await new Promise<void>((resolve) =>
      socket.write(`PUT ${path} HTTP/1.1\r\nhost: ${host(bucket.url)}\r\n${head}\r\nhel`, () => {
        resolve();
      }),
    );
    socket.destroy();
    expect(await send(bucket.url, { ...upload, path: "/images/incoming/2/b" })).toMatchObject({ status: 200 });
    expect([[...objects.keys()], stored]).toEqual([["incoming/2/b"], ["incoming/2/b"]]);
  });

  test("keeps its metadata headers, even unsigned, and reading returns them", async () => {
    const { bucket } = await start();
    const path = await presign(bucket.url, upload);
    const metadata = { "content-encoding": "gzip", "content-disposition": "attachment", "cache-control": "max-age=60" };
    expect(
      await exchange(bucket.url, {
        method: "PUT",
        path,
        headers: { ...upload.headers, ...metadata },
        body: Buffer.from("hello"),
      }),
    ).toMatchObject({ status: 200 });
    expect(await send(bucket.url, { method: "HEAD" })).toEqual(
      answered(200, { ...metadata, "content-type": "image/jpeg" }),
    );
  });

  test("without bytes is an empty object", async () => {
    const { bucket, objects } = await start();
    expect(await send(bucket.url, { headers: { "content-length": "0" } })).toEqual(
      answered(200, { etag: '"d41d8cd98f00b204e9800998ecf8427e"' }),
    );
    expect(objects.get("incoming/1/a")?.bytes).toEqual(Buffer.alloc(0));
  });

  test("keeps the decoded key, with any characters", async () => {
    const { bucket, objects } = await start();
    await send(bucket.url, { ...upload, path: "/images/incoming/a%20b%2Bc~%C3%A4/..%2F..%2Fx//y" });
    expect([...objects.keys()]).toEqual(["incoming/a b+c~ä/../../x//y"]);
  });
});

test("an upload without a length or chunks is refused", async () => {
  const { bucket } = await start();
  const socket = connect(Number(new URL(bucket.url).port), "127.0.0.1");
  socket.write(
    `PUT ${await presign(bucket.url, upload)} HTTP/1.1\r\nhost: ${host(bucket.url)}\r\nconnection: close\r\n\r\n`,
  );
  expect(await text(socket)).toMatch(/^HTTP\/1.1 411 Length Required\r\n[^]*<Code>MissingContentLength<\/Code>/);
});

test("a request that is not HTTP is refused, and the bucket keeps running", async () => {
  const { bucket } = await start();
  const socket = connect(Number(new URL(bucket.url).port), "127.0.0.1");
  socket.write("nonsense\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  expect(await send(bucket.url, upload)).toMatchObject({ status: 200 });
});

describe("signed in its headers", () => {
  test("an upload is stored", async () => {
    const { bucket, objects } = await start();
    expect(await sendSigned(bucket.url, { body: "hello" })).toEqual(answered(200, { etag }));
    expect(objects.size).toBe(1);
  });

  test("another body is refused", async () => {
    const { bucket, objects } = await start();
    const hash = "0".repeat(64);
    const refusal = refused(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
    expect(await sendSigned(bucket.url, { headers: { "x-amz-content-sha256": hash }, body: "hello" })).toEqual(refusal);
    expect(objects.size).toBe(0);
  });

  test("a request signed 16 minutes ago is refused", async () => {
    const { bucket } = await start({ ahead_s: 16 * 60 });
    expect(await sendSigned(bucket.url, {})).toEqual(
      refused(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
      ),
    );
  });

  test("a malformed signature is refused", async () => {
    const { bucket } = await start();
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=x" };
    const message = "The signature needs a credential, a signature, the signed headers and X-Amz-Date.";
    expect(await exchange(bucket.url, { method: "GET", path: "/images/x", headers, body: undefined })).toEqual(
      refused(400, "AuthorizationHeaderMalformed", message),
    );
  });
});

describe("a copy", () => {
  const copyOf = (source: string) => ({
    path: "/images/images/1/a",
    headers: { "content-length": "0", "x-amz-copy-source": source },
  });

  test.each(["/images/incoming/1/a", "images/incoming/1/a", "/images/incoming%2F1%2Fa"])(
    "of %s has the bytes and the type, and is not reported",
    async (source) => {
      const { bucket, objects, stored } = await start();
      objects.set("incoming/1/a", object);
      const xml = `^<\\?xml version="1.0" encoding="UTF-8"\\?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LastModified>.{24}</LastModified><ETag>&quot;${etag.slice(1, -1)}&quot;</ETag></CopyObjectResult>$`;
      const body = expect.stringMatching(new RegExp(xml)) as string;
      expect(await send(bucket.url, copyOf(source))).toEqual(
        answered(200, { "content-type": "application/xml" }, body),
      );
      expect(objects.get("images/1/a")).toEqual({ ...object, lastModified: expect.any(Date) as Date });
      expect([objects.get("incoming/1/a"), stored]).toEqual([object, []]);
    },
  );

  test.each([
    ["COPY", { "content-type": "image/png" }],
    ["REPLACE", { "content-type": "image/jpeg", "cache-control": "no-store" }],
  ])("with the metadata directive %s has that metadata", async (directive, metadata) => {
    const { bucket, objects } = await start();
    objects.set("incoming/1/a", object);
    const { path, headers } = copyOf("/images/incoming/1/a");
    const changed = {
      ...headers,
      "x-amz-metadata-directive": directive,
      "content-type": "image/jpeg",
      "cache-control": "no-store",
    };
    expect(await send(bucket.url, { path, headers: changed })).toMatchObject({ status: 200 });
    expect(objects.get("images/1/a")).toMatchObject({ bytes: object.bytes, metadata });
  });

  test.each([
    [etag, 200],
    [etag.slice(1, -1), 200],
    ['"another"', 412],
  ])("with the source condition %s is answered with %i", async (expected, status) => {
    const { bucket, objects } = await start();
    objects.set("incoming/1/a", object);
    const { path, headers } = copyOf("/images/incoming/1/a");
    expect(
      await send(bucket.url, { path, headers: { ...headers, "x-amz-copy-source-if-match": expected } }),
    ).toMatchObject({ status });
    expect(objects.has("images/1/a")).toBe(status === 200);
  });

  test("can be signed in its headers", async () => {
    const { bucket, objects } = await start();
    objects.set("incoming/1/a", object);
    expect(await sendSigned(bucket.url, copyOf("/images/incoming/1/a"))).toMatchObject({ status: 200 });
    expect(objects.has("images/1/a")).toBe(true);
  });

  test.each([
    ["of a missing object", "/images/incoming/1/b", noSuchKey],
    ["from another bucket", "/other/incoming/1/a", refused(404, "NoSuchBucket", "The specified bucket does not exist")],
    [
      "of a path that cannot be decoded",
      "/images/%zz",
      refused(404, "NoSuchBucket", "The specified bucket does not exist"),
    ],
  ])("%s is refused", async (_what, source, refusal) => {
    const { bucket, objects } = await start();
    objects.set("incoming/1/a", object);
    expect(await send(bucket.url, copyOf(source))).toEqual(refusal);
    expect([...objects.keys()]).toEqual(["incoming/1/a"]);
  });

  test("onto an existing object is refused with that condition", async () => {
    const { bucket, objects } = await start();
    objects.set("incoming/1/a", object).set("images/1/a", object);
    const { path, headers } = copyOf("/images/incoming/1/a");
    expect(await send(bucket.url, { path, headers: { ...headers, "if-none-match": "*" } })).toMatchObject({
      status: 412,
    });
    expect(objects.get("images/1/a")).toBe(object);
  });
});

describe("reading", () => {
  const described = {
    etag,
    "content-type": "image/png",
    "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
    "accept-ranges": "bytes",
  };

  async function read(range: string, bytes = "hello"): Promise<Answer> {
    const { bucket, objects } = await start();
    objects.set("images/1/a", { ...object, bytes: Buffer.from(bytes) });
    return send(bucket.url, { method: "GET", path: "/images/images/1/a", headers: { range } });
  }

  test("returns a whole object, and HEAD the same without a body", async () => {
    const { bucket, objects } = await start();
    objects.set("images/1/a", object);
    const all = { ...described, "content-length": "5" };
    expect(await send(bucket.url, { method: "GET", path: "/images/images/1/a" })).toEqual(answered(200, all, "hello"));
    expect(await send(bucket.url, { method: "HEAD", path: "/images/images/1/a" })).toEqual(answered(200, all));
  });

  test("of a missing object is a 404", async () => {
    const { bucket } = await start();
    expect(await send(bucket.url, { method: "GET" })).toEqual(noSuchKey);
    const { status, body } = await send(bucket.url, { method: "HEAD" });
    expect([status, body]).toEqual([404, undefined]);
  });

  test.each([
    ["bytes=0-15", "bytes 0-4/5", "hello"],
    ["bytes=1-2", "bytes 1-2/5", "el"],
    ["bytes=3-", "bytes 3-4/5", "lo"],
  ])("a range, %s, gives %s", async (range, contentRange, body) => {
    expect(await read(range)).toEqual(
      answered(206, { ...described, "content-range": contentRange, "content-length": String(body.length) }, body),
    );
  });

  test.each([
    ["bytes=5-", "hello"],
    ["bytes=0-15", ""],
  ])("a range outside the object, %s of '%s', is refused", async (range, bytes) => {
    expect(await read(range, bytes)).toEqual(refused(416, "InvalidRange", "The requested range is not satisfiable"));
  });

  const seen = "Fri, 02 Jan 2026 03:04:05 GMT";
  const other = '"another"';

  test.each<[number, Record<string, string>]>([
    [304, { "if-none-match": etag }],
    [304, { "if-none-match": `W/${etag}` }],
    [304, { "if-none-match": `${other}, ${etag}` }],
    [304, { "if-none-match": "*" }],
    [200, { "if-none-match": other }],
    [200, { "if-none-match": other, "if-modified-since": seen }],
    [304, { "if-none-match": etag, "if-modified-since": seen }],
    [304, { "if-none-match": etag, range: "bytes=9-" }],
    [206, { "if-none-match": other, range: "bytes=1-2" }],
  ])("is answered with %i to %j", async (status, headers) => {
    const { bucket, objects } = await start();
    objects.set("images/1/a", {
      ...object,
      metadata: { ...object.metadata, "cache-control": "max-age=60" },
      lastModified: new Date("2026-01-02T03:04:05.678Z"),
    });
    for (const method of ["GET", "HEAD"]) {
      const answer = await send(bucket.url, { method, path: "/images/images/1/a", headers });
      expect(answer.status).toBe(status);
      if (status !== 304) continue;
      expect(answer).toEqual({
        status,
        headers: {
          "x-amz-request-id": answer.headers["x-amz-request-id"],
          etag,
          "last-modified": described["last-modified"],
          "cache-control": "max-age=60",
          date: expect.any(String) as string,
          connection: "keep-alive",
        },
      });
    }
  });

  test("of a missing object is a 404 under any condition", async () => {
    const { bucket } = await start();
    expect(await send(bucket.url, { method: "GET", headers: { "if-none-match": "*" } })).toEqual(noSuchKey);
  });
});

describe("a list", () => {
  const list = async (query: Record<string, string>) => {
    const { bucket, objects } = await start();
    for (const key of ["b/2", "a/1", "b/1", "b&<"]) objects.set(key, object);
    const { status, headers, body } = await send(bucket.url, {
      method: "GET",
      path: "/images/",
      query: { "list-type": "2", ...query },
    });
    return { status, type: headers["content-type"], body };
  };
  const listed = (prefix: string, keys: string[], most = 1000, isTruncated = false) => ({
    status: 200,
    type: "application/xml",
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>images</Name><Prefix>${prefix}</Prefix><KeyCount>${keys.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
  });

  test("has all keys in order", async () => {
    expect(await list({})).toEqual(listed("", ["a/1", "b&amp;&lt;", "b/1", "b/2"]));
  });
  test("has only the keys with the prefix", async () => {
    expect(await list({ prefix: "b/" })).toEqual(listed("b/", ["b/1", "b/2"]));
  });
  test("is marked as truncated if there are more keys than the maximum", async () => {
    expect(await list({ "max-keys": "1" })).toEqual(listed("", ["a/1"], 1, true));
  });
  test("without keys is empty", async () => {
    expect(await list({ prefix: "c" })).toEqual(listed("c", []));
  });
});

test("deleting has the same answer whether or not the object exists", async () => {
  const { bucket, objects } = await start();
  objects.set("images/1/a", object);
  const remove = () => send(bucket.url, { method: "DELETE", path: "/images/images/1/a" });
  expect([await remove(), objects.size]).toEqual([answered(204, {}), 0]);
  expect(await remove()).toEqual(answered(204, {}));
});

describe("an unsupported request is refused and changes nothing:", () => {
  const unsupported = (what: string) => refused(501, "NotImplemented", `This S3 emulator does not support ${what}.`);
  test.each<[string, Request, Answer]>([
    [
      "another bucket",
      { method: "GET", path: "/other/a" },
      refused(404, "NoSuchBucket", "The specified bucket does not exist"),
    ],
    ["no bucket", { method: "GET", path: "/" }, refused(404, "NoSuchBucket", "The specified bucket does not exist")],
    [
      "ListObjects, version 1",
      { method: "GET", path: "/images" },
      unsupported("requests for a whole bucket, except ListObjectsV2"),
    ],
    [
      "the next page of a list",
      { method: "GET", path: "/images", query: { "list-type": "2", "continuation-token": "x" } },
      unsupported("the parameter continuation-token"),
    ],
    [
      "deleting the bucket",
      { method: "DELETE", path: "/images/" },
      unsupported("requests for a whole bucket, except ListObjectsV2"),
    ],
    ["a POST", { method: "POST" }, unsupported("POST for objects")],
    [
      "a part of an upload",
      { query: { partNumber: "1", uploadId: "x" }, headers: { "content-length": "0" } },
      unsupported("the parameter partNumber"),
    ],
    [
      "an unsupported header",
      { headers: { "content-length": "0", "x-amz-acl": "private" } },
      unsupported("the header x-amz-acl in a PUT"),
    ],
    [
      "another condition",
      { headers: { "content-length": "0", "if-none-match": '"x"' } },
      unsupported("an If-None-Match other than \\* in a PUT"),
    ],
    ...["if-match", "if-modified-since", "if-unmodified-since", "if-range", "content-md5"].map(
      (name): [string, Request, Answer] => [
        `the header ${name} in a PUT`,
        { headers: { "content-length": "0", [name]: "x" } },
        unsupported(`the header ${name} in a PUT`),
      ],
    ),
    ...["if-match", "if-modified-since", "if-unmodified-since"].map((name): [string, Request, Answer] => [
      `the header ${name} in a GET`,
      { method: "GET", headers: { [name]: "x" } },
      unsupported(`the header ${name} in a GET`),
    ]),
    ...["bytes=-2", "bytes=0-1,3-4", "lines=1-2"].map((range): [string, Request, Answer] => [
      `the range ${range}`,
      { method: "GET", headers: { range } },
      unsupported(`the range ${range}`),
    ]),
    ["If-Range", { method: "GET", headers: { "if-range": etag } }, unsupported("the header if-range in a GET")],
    [
      "a condition of a DELETE",
      { method: "DELETE", headers: { "if-match": etag } },
      unsupported("the header if-match in a DELETE"),
    ],
    [
      "a condition of a list",
      { method: "GET", path: "/images", query: { "list-type": "2" }, headers: { "if-none-match": etag } },
      unsupported("the header if-none-match in a GET"),
    ],
  ])("%s", async (_what, request, refusal) => {
    const { bucket, objects } = await start();
    expect(await send(bucket.url, request)).toEqual(refusal);
    expect(objects.size).toBe(0);
  });
});

test.each(["/images", "/images/"])("a form to %s is refused whatever its signature", async (path) => {
  const { bucket, objects } = await start();
  const headers = { "content-type": "multipart/form-data; boundary=x" };
  expect(await exchange(bucket.url, { method: "POST", path, headers, body: Buffer.from("hello") })).toEqual(
    refused(501, "NotImplemented", "This S3 emulator does not support POST for objects."),
  );
  expect(objects.size).toBe(0);
});
