"""AWS CloudTrail records.

Format: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html: `eventTime`,
`eventSource`, `eventName`, `eventID`, `userIdentity`, `sourceIPAddress`, `requestParameters`, `resources`, `errorCode`. A log
file is `{"Records": [...]}`. Pipelines (Logstash) rename `eventTime` to `@timestamp`.
"""

from collections.abc import Iterator

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.moment import iso
from sensor.sources.alerts.naming import Pair, named
from sensor.sources.alerts.walk import Fields, text

_PLACES: dict[str, NamedAs] = {
    "userIdentity.arn": "account", "userIdentity.userName": "user", "userIdentity.accountId": "account",
    "userIdentity.principalId": "account", "userIdentity.sessionContext.sessionIssuer.arn": "account",
    "userIdentity.sessionContext.sessionIssuer.userName": "user", "resources.*.ARN": "resource", "resources.*.arn": "resource",
    "..requestParameters.bucketName": "resource", "..requestParameters.Host": "host", "..requestParameters.roleArn": "account",
    "..requestParameters.userName": "user", "..requestParameters.functionName": "resource",
    "..requestParameters.instanceId": "resource", "..instancesSet.items.*.instanceId": "resource",
    "..items.*.instanceId": "resource", "..requestParameters.secretId": "resource", "..requestParameters.keyId": "resource",
    "..requestParameters.tableName": "resource", "..requestParameters.queryString": "query",
    "tlsDetails.clientProvidedHostHeader": "host", "vpcEndpointId": "resource",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record names a service and its operation as CloudTrail does."""
    return {"eventSource", "eventName"} <= record.keys() and bool({"eventID", "eventVersion"} & record.keys())


def alert(record: Fields) -> Alert:
    """Return the record; it is telemetry, and a refusal is of low severity."""
    error = text(record, "errorCode")
    operation = f"{text(record, 'eventSource')} {text(record, 'eventName')}"
    who = text(record, "userIdentity.arn", "userIdentity.userName", "userIdentity.invokedBy")
    told = (operation, f"by {who}" if who else "", error, text(record, "errorMessage"))
    return Alert(
        product="AWS CloudTrail", rule=operation, severity=error,
        level="low" if error else "informational", text=" ".join(filter(None, told)), uid=text(record, "eventID"),
        named=named(record, _PLACES, first=_more(record)), at_ns=iso(record.get("eventTime")) or iso(record.get("@timestamp")),
    )  # fmt: skip


def _more(record: Fields) -> Iterator[Pair]:
    """Yield the caller's place, which is an address or a service of AWS, and the object in a bucket as one address."""
    place = text(record, "sourceIPAddress")
    yield ("host" if place.endswith(".amazonaws.com") or place == "AWS Internal" else "address"), place
    bucket, key = text(record, "requestParameters.bucketName"), text(record, "requestParameters.key")
    if bucket and key:
        yield "url", f"s3://{bucket}/{key}"
