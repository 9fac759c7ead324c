"""A recording reverse proxy: passes every AWS call on unchanged and keeps what matters of it."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from wizard.demo.recording.tape import Call

if TYPE_CHECKING:
    from types import TracebackType

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_DROPPED = re.compile(
    r"x-amz-(date|security-token|content-sha256|checksum-.*|sdk-.*|decoded-content-length|trailer)$"
)
_MADE = re.compile(r"<(?:RoleId|UserId|InstanceProfileId|CreateDate)>([^<]*)</")
_S3_QUERIES = {
    "": {"bucket": {"HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket", "GET": "ListObjects"}},
    "accelerate": {"bucket": {"GET": "GetBucketAccelerateConfiguration"}},
    "cors": {"bucket": {"GET": "GetBucketCors"}},
    "encryption": {"bucket": {"GET": "GetBucketEncryption", "PUT": "PutBucketEncryption"}},
    "lifecycle": {"bucket": {"GET": "GetBucketLifecycleConfiguration"}},
    "object-lock": {"bucket": {"GET": "GetObjectLockConfiguration"}},
    "policy": {"bucket": {"GET": "GetBucketPolicy", "PUT": "PutBucketPolicy"}},
    "publicAccessBlock": {"bucket": {"GET": "GetPublicAccessBlock", "PUT": "PutPublicAccessBlock"}},
    "replication": {"bucket": {"GET": "GetBucketReplication"}},
    "requestPayment": {"bucket": {"GET": "GetBucketRequestPayment"}},
}
