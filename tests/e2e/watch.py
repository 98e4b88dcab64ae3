"""What must not happen on any page: an error in the console, a failed request, a request to another machine."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# Told by the browser and by htmx, too, when a request fails; that is noted once, with its address.
_OF_REQUESTS = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort", "htmx:sendError", "Response Status Error Code")
# Who leaves a page cuts its event stream and what it was still fetching.
_LEFT = "net::ERR_ABORTED"


class Watch:
    """Notes everything of that kind which a browser does, but for what a story expects."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.problems: list[str] = []
        self._address = address
        self._statuses: set[int] = set()
        self._unanswered: set[str] = set()
        context.on("console", self._console)
        context.on("weberror", self._script_error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def expect_status(self, status: int) -> None:
        """An answer with this status belongs to the story."""
        self._statuses.add(status)

    def expect_no_answer(self, path: str) -> None:
        """A request to this path goes unanswered in the story."""
        self._unanswered.add(path)

    def _console(self, message: ConsoleMessage) -> None:
        # A violation of the content security policy is an error here.
        if message.type in {"error", "warning"} and not message.text.startswith(_OF_REQUESTS):
            self.problems.append(f"{message.type} in the console of {message.location['url']}: {message.text}")

    def _script_error(self, error: WebError) -> None:
        self.problems.append(f"a script failed: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._address}/", "data:", "blob:")):
            self.problems.append(f"a request to another place: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT and request.url.removeprefix(self._address) not in self._unanswered:
            self.problems.append(f"no answer: {request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._statuses:
            self.problems.append(f"{response.status}: {response.request.method} {response.url}")
