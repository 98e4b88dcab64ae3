"""The command line. Each command is thin: it reads settings and calls one function."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from core.clock import SystemClock
from core.errors import AppError
from core.i18n import Translator, choose_language
from core.logs import configure_logs
from core.settings import Settings, SettingsError, load_settings
from ingest.embedded_broker import EmbeddedBrokerError
from store.embedded import EmbeddedServerError
from store.migrate import MigrationError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps residential compounds working and watched.",
)
user_app = typer.Typer(no_args_is_help=True, help="People who may sign in.")
app.add_typer(user_app, name="user")

Port = Annotated[int | None, typer.Option("--port", help="Port of the web server.")]
Folder = Annotated[Path | None, typer.Option("--data-dir", help="Folder of the embedded database and broker.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def main() -> None:
    """Run a command; a wrong setting or a failed start is one line on standard error, not a traceback."""
    signal.signal(signal.SIGTERM, _end)
    try:
        app()
    except AppError as error:
        translate = Translator(choose_language(os.environ.get("LANG"), "en"))
        _fail(translate(f"errors.{error.code}", **error.params))
    except (SettingsError, EmbeddedServerError, EmbeddedBrokerError, MigrationError, OSError) as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    typer.echo(f"gatehouse: {reason}", err=True)
    sys.exit(2)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _settings(**overrides: object) -> Settings:
    settings = load_settings(None, **overrides)
    configure_logs(level=settings.log_level, log_format=settings.log_format)
    return settings


@app.command()
def demo(
    port: Port = None,
    data_dir: Folder = None,
    seed: Annotated[int, typer.Option(help="Another number, another compound and other troubles.")] = 1,
    check: Annotated[
        bool, typer.Option("--check", help="Run headless for at most a minute and tell whether everything works.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A simulated compound with everything running, on this machine, with nothing installed before."""
    if check:
        from gatehouse.check import run_check

        sys.exit(run_check(as_json=as_json))
    from gatehouse.demo import run_demo

    run_demo(_settings(http_port=port, data_dir=data_dir), SystemClock(), seed=seed)


@app.command()
def serve(
    port: Port = None,
    data_dir: Folder = None,
    listen: Annotated[
        bool,
        typer.Option("--listen", help="Let devices of the network reach the embedded broker, each site with its own password."),
    ] = False,
) -> None:
    """Everything one compound needs, in one process: web, ingest, jobs; embedded servers where none are configured."""
    from gatehouse.serve import run_serve

    run_serve(_settings(http_port=port, data_dir=data_dir), SystemClock(), listen=listen)


@app.command()
def web(port: Port = None) -> None:
    """Only the web server; needs GATEHOUSE_DATABASE_URL."""
    from gatehouse.roles import run_web

    run_web(_settings(http_port=port), SystemClock())


@app.command()
def ingest(
    end_session: Annotated[
        bool,
        typer.Option(
            "--end-session",
            help="End the session of GATEHOUSE_MQTT_CLIENT_ID with the broker, and what it keeps, and exit: that ingester will not come back.",
        ),
    ] = False,
) -> None:
    """Only the ingester; needs GATEHOUSE_DATABASE_URL and GATEHOUSE_MQTT_URL."""
    if end_session:
        from gatehouse.roles import run_end_session

        run_end_session(_settings())
        return
    from gatehouse.roles import run_ingest

    run_ingest(_settings(), SystemClock())


@app.command()
def jobs() -> None:
    """Only the jobs: alerts, rounds, retention; needs GATEHOUSE_DATABASE_URL. A second one is a hot standby."""
    from gatehouse.roles import run_jobs

    run_jobs(_settings(), SystemClock())


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from gatehouse.roles import run_migrate

    for name in run_migrate(_settings(), SystemClock()):
        typer.echo(f"applied {name}")


@app.command()
def simulate(
    sites: Annotated[int, typer.Option(min=1, help="Compounds.")] = 1,
    devices: Annotated[int, typer.Option(min=5, help="Devices of each compound.")] = 60,
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second, of all together.")] = 100.0,
    seed: Annotated[int, typer.Option(help="The same number makes the same messages.")] = 1,
    seconds: Annotated[float | None, typer.Option(min=1, help="Stop after this long; else on Ctrl-C.")] = None,
    register: Annotated[
        bool, typer.Option("--register", help="First put the sites and devices into the ledger of GATEHOUSE_DATABASE_URL.")
    ] = False,
) -> None:
    """Load for any broker (GATEHOUSE_MQTT_URL): compounds that publish readings."""
    from gatehouse.simulate import run_simulate

    duration = timedelta(seconds=seconds) if seconds else None
    run_simulate(
        _settings(), SystemClock(), sites=sites, devices=devices, rate=rate, seed=seed, duration=duration, register=register
    )


@app.command()
def doctor(data_dir: Folder = None, as_json: AsJson = False) -> None:
    """What is connected and how it is; ends with 1 when something is wrong. Changes nothing."""
    from gatehouse.doctor import run_doctor

    sys.exit(run_doctor(_settings(data_dir=data_dir), SystemClock(), as_json=as_json))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Which one; `list` names them.")],
    as_json: AsJson = False,
    short: Annotated[bool, typer.Option("--short", help="Only show that it works.")] = False,
) -> None:
    """Measure; ends with 1 when a goal is missed. Nothing else should run meanwhile."""
    from gatehouse.bench import run_bench

    sys.exit(run_bench(name, as_json=as_json, short=short))


@user_app.command("add")
def user_add(
    username: str,
    name: Annotated[str, typer.Option(help="How others see the person.")],
    password_file: Annotated[Path | None, typer.Option(help="A file with the password; else you are asked for it.")] = None,
    data_dir: Folder = None,
) -> None:
    """Add an administrator, the first person of an installation; everybody else is added in the web pages."""
    from gatehouse.users import add_administrator

    password = password_file.read_text(encoding="utf-8").strip() if password_file else _ask_password()
    add_administrator(_settings(data_dir=data_dir), SystemClock(), username=username, display_name=name, password=password)
    typer.echo(f"{username} may sign in now.")


def _ask_password() -> str:
    ask: Callable[..., str] = typer.prompt
    return ask("Password", hide_input=True, confirmation_prompt=True)


if __name__ == "__main__":
    main()
