export interface paths {
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events
         * @description Newest first and without their payloads, from indexes that follow a write a moment later. Pages are full but for the
         *     last one, except with several filters: then a page may be short or empty though `next` says to go on.
         *     A parameter that is not listed here, or is given twice, is 400.
         */
        get: operations["listEvents"];
        put?: never;
        /**
         * Create an event
         * @description Safe to repeat: the same `id` with the same content gives 200 and what is stored. Without an `id` a repeated
         *     request makes another event. It never overwrites one, and takes neither If-Match nor If-None-Match: 400.
         */
        post: operations["createEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        /**
         * Get an event
         * @description As it is now, not as an index has it.
         */
        get: operations["getEvent"];
        /**
         * Change an event, as PATCH does
         * @description It merges what is sent, and replaces nothing but the payload (which differs from RFC 9110).
         */
        put: operations["putEvent"];
        post?: never;
        /**
         * Delete an event and its image
         * @description Its uploads go too. After a 503 repeat it: that finishes what was begun and answers 204, or 404 when nothing was left to
         *     do. What nobody repeats is finished after a day or two. The id can be used again at once.
         */
        delete: operations["deleteEvent"];
        options?: never;
        head?: never;
        /**
         * Change an event
         * @description Changes the fields that are sent and leaves the others. `null` removes a field, or restores the default of `type` and
         *     `status`. A `payload` is replaced as a whole, which differs from a JSON merge patch (RFC 7396), and what in it is null
         *     stays. `PUT` does the same as `PATCH`.
         */
        patch: operations["updateEvent"];
        trace?: never;
    };
    "/events/{id}/upload-url": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a URL to send an image to
         * @description Send the file there with the method and the headers of the answer: once, with this length and this type. A moment later the
         *     event has it as its `image`, or a `rejectedImage` that says why not. It takes the place of the image before; of several
         *     uploads the one whose URL was given out last counts. S3 answers 412 to a second upload, whatever became of the first, and
         *     403 to what differs from what was asked for, or comes too late. Once the event is deleted S3 may take a last upload, which
         *     is deleted when it arrives.
         */
        post: operations["createUploadUrl"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{id}/image": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        /** Get an event's image */
        get: operations["getImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Made, a UUIDv7, when absent. It never changes. */
        Id: string;
        EventType: string;
        Title: string;
        Description: string;
        /**
         * @description A full date, or a date-time with `Z` or an offset and at most nine digits of a second (RFC 3339).
         * @example 2026-03-15
         * @example 2026-03-15T18:00:00+08:00
         */
        Date: string;
        Location: string;
        Capacity: number;
        /** @description With sign-in always the caller's `sub`. */
        Organizer: string;
        /** @enum {string} */
        Status: "draft" | "published" | "cancelled" | "completed" | "active";
        /** @description Any JSON object, at most 200 levels deep. It comes back as `JSON.parse` reads it. */
        Payload: {
            [key: string]: unknown;
        };
        /** @description What a caller says of an event, but for its payload, which lists leave out. */
        Fields: {
            id?: components["schemas"]["Id"];
            type?: components["schemas"]["EventType"];
            title?: components["schemas"]["Title"];
            description?: components["schemas"]["Description"];
            date?: components["schemas"]["Date"];
            location?: components["schemas"]["Location"];
            capacity?: components["schemas"]["Capacity"];
            organizer?: components["schemas"]["Organizer"];
            status?: components["schemas"]["Status"];
        };
        /**
         * @description An event needs a payload or a title. Text is counted in Unicode code points, at least one of which must be visible: not
         *     White_Space, not Cc (control), not Default_Ignorable_Code_Point, and not U+2800 (the blank Braille pattern).
         */
        NewEvent: {
            /** @default event */
            type?: components["schemas"]["EventType"];
            /** @default active */
            status?: components["schemas"]["Status"];
            payload?: components["schemas"]["Payload"];
        } & components["schemas"]["Fields"];
        /** @description What is left out stays as it is; null removes it, or restores its default. */
        Changes: {
            /** @description The id in the path. */
            id?: components["schemas"]["Id"];
            payload?: components["schemas"]["Payload"] | null;
            type?: components["schemas"]["Fields"]["type"] | null;
            title?: components["schemas"]["Fields"]["title"] | null;
            description?: components["schemas"]["Fields"]["description"] | null;
            date?: components["schemas"]["Fields"]["date"] | null;
            location?: components["schemas"]["Fields"]["location"] | null;
            capacity?: components["schemas"]["Fields"]["capacity"] | null;
            organizer?: components["schemas"]["Fields"]["organizer"] | null;
            status?: components["schemas"]["Fields"]["status"] | null;
        };
        Event: {
            payload?: components["schemas"]["Payload"];
        } & components["schemas"]["ListedEvent"];
        ListedEvent: {
            image?: components["schemas"]["Image"];
            rejectedImage?: components["schemas"]["RejectedImage"];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description Rises with every change, also with one of the image. */
            version: number;
        } & WithRequired<components["schemas"]["Fields"], "id" | "type" | "status">;
        EventPage: {
            events: components["schemas"]["ListedEvent"][];
            /** @description The `cursor` of the next page; absent on the last one. */
            next?: string;
        };
        Image: {
            /** @enum {string} */
            contentType: "image/jpeg" | "image/png";
            /** @description In bytes. */
            size: number;
            /** @description What Amazon Rekognition sees in it. Absent where the stage has labels off. */
            labels?: {
                name: string;
                /** @description In percent. */
                confidence: number;
            }[];
            /** Format: date-time */
            labelledAt?: string;
        };
        /** @description Why the last upload did not become the event's image; absent once a later one does. */
        RejectedImage: {
            detail: string;
            /** Format: date-time */
            rejectedAt: string;
        };
        NewUpload: {
            /** @enum {string} */
            contentType: "image/jpeg" | "image/png";
            /** @description The file's size in bytes. */
            contentLength: number;
        };
        Upload: {
            /** @constant */
            method: "PUT";
            /** Format: uri */
            url: string;
            /** @description To be sent to the letter. They are part of the signature. */
            headers: {
                /** @enum {string} */
                "content-type": "image/jpeg" | "image/png";
                /** @constant */
                "if-none-match": "*";
            };
            /** Format: date-time */
            expiresAt: string;
        };
        /** @description Problem details (RFC 9457). */
        Problem: {
            /** @enum {string} */
            type: "urn:problem-type:invalid-request" | "urn:problem-type:unauthorized" | "urn:problem-type:forbidden" | "urn:problem-type:not-found" | "urn:problem-type:conflict" | "urn:problem-type:precondition-failed" | "urn:problem-type:too-large" | "urn:problem-type:unsupported-media-type" | "urn:problem-type:unavailable";
            title: string;
            /** @description The status of the answer. */
            status: number;
            /** @description What is wrong and what would be right, for people. */
            detail: string;
            requestId: string;
            errors?: ({
                /**
                 * Format: json-pointer
                 * @description Leads to what is wrong in the body (RFC 6901).
                 */
                pointer: string;
                detail: string;
            } | {
                /** @description Names what is wrong in the query. */
                parameter: string;
                detail: string;
            })[];
        };
        /** @description What API Gateway says by itself. */
        GatewayMessage: {
            message: string;
        };
    };
    responses: {
        /** @description The event as it is now. */
        Event: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                etag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Event"];
            };
        };
        /** @description The body or a header breaks a rule; all that is wrong is listed. */
        Invalid: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description API Gateway's own answer without a valid token. The function's for an ID token, for a `sub` that can be no organizer, and
         *     where a route has lost its authorizer.
         */
        Unauthorized: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                /** @description What is wrong with the token (RFC 6750). */
                "www-authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The event is somebody else's. Also API Gateway's own answer to a token without the scope that the route may ask for. */
        Forbidden: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description API Gateway's own answer to a token without the scope that the route may ask for. */
        MissingScope: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description There is no event with this id, or it has no image. */
        NotFound: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The event has none of the ETags in If-Match. */
        PreconditionFailed: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The event would be larger than DynamoDB stores. Also API Gateway's own answer to a body that it does not take. */
        TooLarge: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description API Gateway's own answer to a body that it does not take. */
        RequestTooLarge: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description The header Content-Type does not say that the body is JSON, or Content-Encoding says that it is compressed. */
        UnsupportedPost: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                /** @description What POST takes. */
                "accept-post": "application/json";
                /** @description Only where the body was refused for its Content-Encoding (RFC 9110, section 12.5.3). */
                "accept-encoding"?: "identity";
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The header Content-Type does not say that the body is JSON, or Content-Encoding says that it is compressed. */
        UnsupportedPatch: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                /** @description What PATCH takes, and PUT too. */
                "accept-patch": "application/json, application/merge-patch+json";
                /** @description Only where the body was refused for its Content-Encoding (RFC 9110, section 12.5.3). */
                "accept-encoding"?: "identity";
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description API Gateway's own answer above the stage's throttle. */
        TooManyRequests: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description API Gateway's own answer when a function fails, which is a bug of ours. */
        InternalServerError: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description The database or the bucket is throttled, slow or away, or the function's time is up. Also API Gateway's own answer after 30 seconds. */
        Unavailable: {
            headers: {
                "apigw-requestid": components["headers"]["RequestId"];
                /** @description After how many seconds to try again. Not with API Gateway's own answer. */
                "retry-after"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
    };
    parameters: {
        /**
         * @description The event's id. What no event can have as its id is 404.
         * @example 123
         */
        Id: components["schemas"]["Id"];
        /** @description Do it only if the event has one of these ETags, `*` or a list of at most 50, to the letter as `ETag` had them. */
        IfMatch: string;
    };
    requestBodies: {
        Changes: {
            content: {
                "application/json": components["schemas"]["Changes"];
                "application/merge-patch+json": components["schemas"]["Changes"];
            };
        };
    };
    headers: {
        /** @description The id of this request in the logs. */
        RequestId: string;
        /** @description Names this version of the event. Strong; an event that is deleted and made again gets others. */
        ETag: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listEvents: {
        parameters: {
            query?: {
                /** @description Only events with this status. */
                status?: components["schemas"]["Status"];
                /** @description Only events of this organizer. `me` is who sends the token, and 400 without sign-in. */
                organizer?: components["schemas"]["Organizer"];
                /** @description Only events of this type. */
                type?: components["schemas"]["EventType"];
                /** @description How many events a page has. */
                limit?: number;
                /** @description `next` of the page before, with the same filters and any limit. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            /** @description The query breaks a rule. */
            400: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["MissingScope"];
            413: components["responses"]["RequestTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEvent"];
            };
        };
        responses: {
            /** @description The event exists and was created with the same content. */
            200: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    etag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
            /** @description The event is created. */
            201: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    etag: components["headers"]["ETag"];
                    /**
                     * @description Where the event is, relative to the URL of the request.
                     * @example events/123
                     */
                    location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["MissingScope"];
            /** @description An event with this id was created with other content. */
            409: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedPost"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Get the event only if it has none of these ETags, `*` or a list. A malformed header is ignored. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Event"];
            /** @description The event has one of the ETags in If-None-Match. */
            304: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    etag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["MissingScope"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["RequestTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Do it only if the event has one of these ETags, `*` or a list of at most 50, to the letter as `ETag` had them. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Changes"];
        responses: {
            200: components["responses"]["Event"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedPatch"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Do it only if the event has one of these ETags, `*` or a list of at most 50, to the letter as `ETag` had them. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event is gone. */
            204: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The header If-Match is malformed, or there is an If-None-Match. */
            400: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["RequestTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Do it only if the event has one of these ETags, `*` or a list of at most 50, to the letter as `ETag` had them. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Changes"];
        responses: {
            200: components["responses"]["Event"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedPatch"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createUploadUrl: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUpload"];
            };
        };
        responses: {
            /** @description What the upload needs. */
            201: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description The body breaks a rule, and all that is wrong is listed; or there is an If-Match or If-None-Match. */
            400: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedPost"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id. What no event can have as its id is 404.
                 * @example 123
                 */
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The image is at a URL of S3 that ends after five minutes. */
            302: {
                headers: {
                    "apigw-requestid": components["headers"]["RequestId"];
                    location: string;
                    "cache-control": "no-store";
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["MissingScope"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["RequestTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
}
type WithRequired<T, K extends keyof T> = T & {
    [P in K]-?: T[P];
};
