/** Changes that no test notices: `code` stands once in `file`, and `becomes` is what it was changed to. */
export const survivors: { reason: string; changes: [file: string, code: string, becomes: string][] }[] = [
  {
    reason: "Only the type says that it can be missing: API Gateway, DynamoDB or this code always sets it.",
    changes: [
      ["functions/create-event/handler.ts", 'existing["contentDigest"]?.S', 'existing["contentDigest"].S'],
      ["functions/create-event/handler.ts", 'item["contentDigest"]?.S', 'item["contentDigest"].S'],
      ["functions/create-upload-url/handler.ts", "request.pathParameters?.", "request.pathParameters"],
      ["functions/delete-event/handler.ts", "request.pathParameters?.", "request.pathParameters"],
      ["functions/get-event/handler.ts", "request.pathParameters?.", "request.pathParameters"],
      ["functions/get-image/handler.ts", "request.pathParameters?.", "request.pathParameters"],
      ["functions/label-image/handler.ts", "Labels: found = []", 'Labels: found = ["Stryker was here"]'],
      ["functions/label-image/handler.ts", 'Name: name = ""', 'Name: name = "Stryker was here!"'],
      ["functions/label-image/handler.ts", 'headers["etag"] ?? ""', 'headers["etag"] ?? "Stryker was here!"'],
      ["functions/list-events/handler.ts", "answer.Items ?? []", 'answer.Items ?? ["Stryker was here"]'],
      ["functions/list-events/handler.ts", 'item?.["position"]?.S', 'item?.["position"].S'],
      ["functions/update-event/handler.ts", "request.pathParameters?.", "request.pathParameters"],
      ["functions/_shared/etags.ts", '["if-match"] ?? "*") ?? []', '["if-match"] ?? "*") ?? ["Stryker was here"]'],
      ["functions/_shared/http.ts", 'split(";")[0]?.trim', 'split(";")[0].trim'],
      ["functions/_shared/query-string.ts", 'query[name] ?? ""', 'query[name] ?? "Stryker was here!"'],
      ["functions/_shared/query-string.ts", '[name = "", ', '[name = "Stryker was here!", '],
      ["functions/_shared/table.ts", 'name = ""', 'name = "Stryker was here!"'],
      ["functions/_shared/writers.ts", "?? false", "?? true"],
      ["functions/_shared/writers.ts", "writers?.L?.some", "writers?.L.some"],
      ["functions/_shared/writers.ts", "writers?.L?.some", "writers.L?.some"],
    ],
  },
  {
    reason: "What stands for something missing only has to differ from all that is there.",
    changes: [
      ["functions/list-events/handler.ts", 'cursor = "" }', 'cursor = "Stryker was here!" }'],
      [
        "functions/_shared/etags.ts",
        'headers["if-none-match"] ?? ""',
        'headers["if-none-match"] ?? "Stryker was here!"',
      ],
      [
        "functions/_shared/etags.ts",
        '["if-none-match"] ?? "") ?? []',
        '["if-none-match"] ?? "") ?? ["Stryker was here"]',
      ],
      ["functions/_shared/http.ts", '.toLowerCase() ?? ""', '.toLowerCase() ?? "Stryker was here!"'],
    ],
  },
  {
    reason: "Of these two orders the keys decide, and no two keys are equal.",
    changes: [
      ["functions/list-events/handler.ts", "(one < other ? 1 : -1)", "(one <= other ? 1 : -1)"],
      ["functions/_shared/stored-event.ts", "(one < other ? -1 : 1)", "(one <= other ? -1 : 1)"],
    ],
  },
  {
    reason: "No upload is both: what was accepted is not rejected any more.",
    changes: [
      ["functions/_shared/image.ts", "image.upload > rejectedImage.upload", "image.upload >= rejectedImage.upload"],
    ],
  },
  {
    reason: "It sorts the other way round, which serves as well.",
    changes: [["functions/_shared/stored-event.ts", "(one < other ? -1 : 1)", "(one >= other ? -1 : 1)"]],
  },
  {
    reason: "It saves memory: what it cuts off is cut off by what follows as well.",
    changes: [["functions/_shared/problem.ts", "name.slice(0, 200)", "name"]],
  },
  {
    reason: "Node takes no encoding for UTF-8.",
    changes: [["functions/_shared/http.ts", '"base64" : "utf8"', '"base64" : ""']],
  },
  {
    reason: "Nobody can measure this millisecond.",
    changes: [["functions/list-events/handler.ts", "started_ms > 1_000", "started_ms >= 1_000"]],
  },
  {
    reason: "What it catches otherwise is caught by what follows, which is slower or looks closer.",
    changes: [
      ["functions/_shared/event.ts", 'typeof value === "number" && Number', "true && Number"],
      ["functions/_shared/event.ts", "value.length > 2 * longest ||", "false ||"],
      ["functions/_shared/stored-event.ts", "> largestItem_bytes", ">= largestItem_bytes"],
    ],
  },
  {
    reason: "Where the text before it is not as expected, the text after it is refused: it holds a #.",
    changes: [["functions/_shared/stored-event.ts", "/^\\d{4}", "/\\d{4}"]],
  },
  {
    reason: "It makes undefined either way.",
    changes: [
      ["functions/_shared/event.ts", "(caller !== undefined && { organizer", "(true && { organizer"],
      ["functions/_shared/query-string.ts", "catch {\n    return undefined;\n  }", "catch {}"],
    ],
  },
  {
    reason: "It asks once more than it needs to, and nothing comes of that.",
    changes: [["functions/label-image/handler.ts", 'event === "too large" ? reject', "true ? reject"]],
  },
  {
    reason: "Only DynamoDB says this, and only at the beginning.",
    changes: [
      ["functions/_shared/table.ts", "isRefusal(error) && /^Item", "true && /^Item"],
      ["functions/_shared/table.ts", "/^Item", "/Item"],
    ],
  },
  {
    reason: "It costs time at most, which npm run bench measures.",
    changes: [
      ["functions/_shared/client-options.ts", "cacheMiddleware: true", "cacheMiddleware: false"],
      ["functions/_shared/table.ts", "endpointDiscoveryEnabled: false", "endpointDiscoveryEnabled: true"],
      ["functions/_shared/table.ts", 'remove("loggerMiddleware")', 'remove("")'],
    ],
  },
  {
    reason: "What a function sends from its bundle is held by infra/build/trimmed-sdk.test.ts, which fails.",
    changes: [
      [
        "functions/_shared/client-options.ts",
        "ignoreConfiguredEndpointUrls: true",
        "ignoreConfiguredEndpointUrls: false",
      ],
    ],
  },
  {
    reason: "The SDK takes this for the same, or for what it does by itself.",
    changes: [
      ["functions/_shared/client-options.ts", "(endpoint !== undefined && { endpoint })", "(true && { endpoint })"],
      ["functions/_shared/client-options.ts", 'retryMode: "standard"', 'retryMode: ""'],
      ["functions/_shared/client-options.ts", "authSchemePreference: []", 'authSchemePreference: ["Stryker was here"]'],
      ["functions/_shared/client-options.ts", "() => Promise.resolve(undefined)", "() => undefined"],
    ],
  },
  {
    reason: "AWS counts SDKs by it, and decides nothing.",
    changes: [
      [
        "functions/_shared/client-options.ts",
        '[["aws-sdk-js"], ["lang/js"], ["md/nodejs", process.versions.node]]',
        "[]",
      ],
      ["functions/_shared/client-options.ts", '"aws-sdk-js"', '""'],
      ["functions/_shared/client-options.ts", '"lang/js"', '""'],
      ["functions/_shared/client-options.ts", '"md/nodejs"', '""'],
    ],
  },
  {
    reason: "The databases that are here do not look at the clock; AWS refuses what was signed over five minutes off.",
    changes: [
      ["functions/_shared/client-options.ts", "disableClockSkewCorrection: false", "disableClockSkewCorrection: true"],
    ],
  },
  {
    reason: "Node takes port 0 for none.",
    changes: [
      ["functions/_shared/bucket.ts", 'port !== ""', "true"],
      ["functions/_shared/bucket.ts", 'port !== ""', 'port !== "Stryker was here!"'],
    ],
  },
  {
    reason: "The SDK puts a / in front where there is none.",
    changes: [["functions/_shared/bucket.ts", "/\\/$/", "/\\//"]],
  },
  {
    reason: "Without a priority it comes after the SDK's retries too, which have a high one.",
    changes: [["functions/_shared/table.ts", 'priority: "low"', 'priority: ""']],
  },
  {
    reason: "The SDK takes a request without a method for a GET.",
    changes: [["functions/get-image/handler.ts", 'presign("GET"', 'presign(""']],
  },
  {
    reason: "Nobody sees its text: callers are told in words of our own, and the log has an error's name only.",
    changes: [["functions/_shared/request-handler.ts", '"The body of the answer took too long."', '""']],
  },
  {
    reason: "A timer that is left runs out on a body that has ended, and does nothing.",
    changes: [
      ["functions/_shared/request-handler.ts", '"close"', '""'],
      ["functions/_shared/request-handler.ts", "=> { clearTimeout(timer); }", "=> {}"],
      ["functions/_shared/request-handler.ts", "=> { clearTimeout(timer); }", "=> { ; }"],
    ],
  },
  {
    reason: "No answer of S3 has this status.",
    changes: [["functions/_shared/bucket.ts", "answer.status < 300", "answer.status <= 300"]],
  },
  {
    reason: "No key holds what would be encoded: an id has only what needs no encoding in a path.",
    changes: [["functions/_shared/bucket.ts", "uriEscapePath: false", "uriEscapePath: true"]],
  },
  {
    reason: "To divide by 1 or -1 is to multiply by it.",
    changes: [["functions/_shared/date.ts", "+ offsetMinute) *", "+ offsetMinute) /"]],
  },
  {
    reason: "What follows is looked for at a fixed place, and is not found there.",
    changes: [["functions/_shared/date.ts", "/^(\\d{4})-", "/(\\d{4})-"]],
  },
  {
    reason: "The rest of the text cannot change what is found.",
    changes: [
      ["functions/_shared/etags.ts", '14})"$/', '14})"/'],
      ["functions/_shared/etags.ts", ".exec(etag) ?? []", '.exec(etag) ?? ["Stryker was here"]'],
    ],
  },
];
