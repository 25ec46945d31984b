"""What the OpenAPI document says of resumable uploads, which are tus 1.0."""

from __future__ import annotations

from bellhop.uploads.metadata import MOST_CHARACTERS
from bellhop.web import tus
from bellhop.web.door import TUS_VERSION, UPLOADS
from bellhop.web.openapi.operation import Answer, Route, header, in_header, in_path
from bellhop.web.openapi.schemas import Schema, count, one_of, text

MOST = 10**15 - 1
OFFSET, LENGTH = count("Bytes that Bellhop has.", 0, MOST), count("Bytes of the file.", 0, MOST)
METADATA = text("Names with values in Base64, separated by commas: `filename`, `relativePath` (the "
                "path in a folder), `sha256` (in hex, of the whole file).",
                maxLength=MOST_CHARACTERS)  # fmt: skip
PARAMETERS: dict[str, Schema] = {
    "upload": in_path("upload_id", text("The id of an upload.", pattern="^[0-9a-f]{32}$"),
                      "0" * 32),
    "tus_resumable": in_header("Tus-Resumable", one_of([TUS_VERSION], "The version of tus."),
                               required=True),
    "upload_length": in_header("Upload-Length", LENGTH, required=True),
    "upload_offset": in_header("Upload-Offset", OFFSET, required=True),
    "upload_metadata": in_header("Upload-Metadata", METADATA),
    "upload_checksum": in_header("Upload-Checksum", text(
        f"{', '.join(tus.ALGORITHMS)} and the checksum of the body in Base64.")),
}  # fmt: skip
HEADERS: dict[str, Schema] = {
    "Upload-Offset": header(OFFSET, is_sure=True),
    "Upload-Length": header(LENGTH, is_sure=True),
    "Upload-Metadata": header(METADATA),
    "Upload-Expires": header(text("When Bellhop deletes it (RFC 9110)."), is_sure=True),
    "Tus-Resumable": header(text("The version of this answer."), is_sure=True),
    "Tus-Version": header(text("The versions that Bellhop supports."), is_sure=True),
    "Tus-Max-Size": header(count("The most bytes of a file."), is_sure=True),
    "Tus-Extension": header(text("The supported extensions."), is_sure=True),
    "Tus-Checksum-Algorithm": header(text("The supported checksums."), is_sure=True),
}
BYTES = text("The bytes.", contentMediaType="application/octet-stream")
PART: dict[str, tuple[Schema, str]] = {tus.PART_TYPE: (BYTES, "the bytes")}
STATE = ("Upload-Offset", "Upload-Expires", "Tus-Resumable")
NO_UPLOAD = ("not-found", "unsupported-version")
NO_PART = ("unsupported-media-type", "checksum-mismatch")

ROUTES = (
    Route("OPTIONS", UPLOADS, name="getUploadOptions", summary="Show what of tus is supported",
          words="The protocol of resumable uploads: https://tus.io.",
          answers={204: Answer("What is supported.", headers=(
              "Tus-Resumable", "Tus-Version", "Tus-Max-Size", "Tus-Extension",
              "Tus-Checksum-Algorithm"))}),
    Route("POST", UPLOADS, name="createUpload", summary="Begin an upload",
          words="If you have a file with the announced `sha256` and length already, as an upload "
          "or in a job, the upload is complete at once. An upload counts towards your quota, and "
          "Bellhop deletes it 24 hours after its last part.",
          parameters=("tus_resumable", "upload_length", "upload_metadata", "upload_checksum"),
          body=PART, needs_body=False,
          answers={201: Answer("The upload.", headers=("Location", *STATE))},
          problems=("unsupported-version", *NO_PART, "quota-full", "too-many-jobs")),
    Route("HEAD", f"{UPLOADS}/{{upload_id}}", name="getUpload", summary="Show an upload",
          words="Where to continue.", parameters=("upload", "tus_resumable"),
          answers={200: Answer("Its state.", headers=(
              "Upload-Length", "Upload-Metadata", *STATE))},
          problems=NO_UPLOAD),
    Route("PATCH", f"{UPLOADS}/{{upload_id}}", name="continueUpload", summary="Continue an upload",
          words="Bellhop keeps the bytes that arrive, also if the connection breaks or the server "
          "ends before the last one. It discards a body whose checksum is wrong.",
          parameters=("upload", "tus_resumable", "upload_offset", "upload_checksum"), body=PART,
          answers={204: Answer("Bellhop has these bytes.", headers=STATE)},
          problems=(*NO_UPLOAD, *NO_PART, "offset-conflict", "upload-locked")),
    Route("DELETE", f"{UPLOADS}/{{upload_id}}", name="deleteUpload", summary="Delete an upload",
          words="Bellhop deletes what has arrived.", parameters=("upload", "tus_resumable"),
          answers={204: Answer("Deleted.", headers=("Tus-Resumable",))}, problems=NO_UPLOAD),
)  # fmt: skip
