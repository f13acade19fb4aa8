import type { App } from "../../../http/app.types.ts";
import type { Services } from "../../../http/services.ts";
import { NO_TIMEOUT } from "../../../http/sse.ts";
import { idParams, modelVersionView } from "../model.schema.ts";
import { viewOfVersion } from "../model.view.ts";

export function uploadRoutes(app: App, { models: { uploads, bucket } }: Services): void {
  app.register(async (scope: App) => {
    // Read by the handler, file by file; a body is never in memory as a whole.
    scope.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
    scope.post(
      "/api/v1/versions/:id/upload",
      {
        config: { repeatable: true, slowBody: true },
        handlerTimeout: NO_TIMEOUT,
        schema: {
          operationId: "uploadModel",
          summary: "Upload the files of a version",
          description:
            "`multipart/form-data` with any number of files: `model.onnx`, `model.joblib`, `requirements.txt`, others. A part " +
            "`sha256` before a file is what its content must come to. With a model among its files the version is READY, " +
            "and does not change any more; the same upload again is fine. An upload that fails leaves nothing behind.\n\n" +
            "    curl -F sha256=9f86… -F file=@model.joblib -F file=@requirements.txt …/api/v1/versions/1/upload",
          tags: ["Models"],
          params: idParams,
          response: { 200: modelVersionView },
        },
      },
      async ({ principal, params, raw }) => viewOfVersion(await uploads.upload(principal, params.id, raw), bucket),
    );
  });
}
