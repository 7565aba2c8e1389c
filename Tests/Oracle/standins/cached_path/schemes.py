class SchemeClient:
    recoverable_errors = ()


class S3Client(SchemeClient):
    pass


def add_scheme_client(client):
    pass
