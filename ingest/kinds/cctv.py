"""CCTV: one camera channel, and what its recorder says of its recording."""

from datetime import timedelta

from core.i18n import Text
from ingest.model import Condition, DeviceKind, EventType, Fault, Measure, Sample, Unit

DISK_FULL = 98  # %


KIND = DeviceKind(
    slug="cctv",
    name=Text("CCTV camera", "监控摄像机"),
    icon="camera",
    silent_after=timedelta(minutes=2),
    measures=(
        Measure(slug="streaming", unit=Unit.BOOL, name=Text("Delivers a picture", "有视频信号")),
        Measure(
            slug="recording",
            unit=Unit.BOOL,
            name=Text("Recording works", "录像正常"),
            note=Text("also true while it waits for motion", "移动侦测待触发时也为真"),
        ),
        Measure(slug="fps", unit=Unit.FRAME_PER_SECOND, name=Text("Frame rate", "帧率"), low=0, high=240),
        Measure(slug="bitrate", unit=Unit.KILOBIT_PER_SECOND, name=Text("Bit rate", "码率"), low=0, high=1_000_000),
        Measure(
            slug="disk_used",
            unit=Unit.PERCENT,
            name=Text("Disk used", "硬盘已用"),
            low=0,
            high=100,
            note=Text(
                "leave it out where the recorder overwrites its oldest recording: such a disk is always full",
                "循环覆盖录像的录像机不要上报：其硬盘总是满的",
            ),
        ),
        Measure(
            slug="retention",
            unit=Unit.DAY,
            name=Text("Recording kept", "录像保存天数"),
            low=0,
            high=3650,
            note=Text("age of the oldest recording still there", "现存最早录像距今天数"),
        ),
    ),
    faults=(
        Fault(
            slug="video_loss",
            name=Text("No picture", "视频丢失"),
            note=Text("also judged: streaming is false, or fps is 0", "亦可判定：无视频信号，或帧率为 0"),
            judged=(
                Condition(reads=("streaming",), holds=lambda streaming: not streaming),
                Condition(reads=("fps",), holds=lambda fps: fps == 0),
            ),
        ),
        Fault(slug="covered", name=Text("Lens covered", "镜头遮挡")),
        Fault(slug="frozen", name=Text("Picture frozen", "画面冻结")),
        Fault(slug="storage_fault", name=Text("Disk failed", "硬盘故障"), severity="degraded"),
        Fault(
            slug="disk_full",
            name=Text("Disk full", "硬盘满"),
            severity="degraded",
            note=Text(f"also judged: disk_used ≥ {DISK_FULL} %", f"亦可判定：硬盘已用 ≥ {DISK_FULL} %"),
            judged=(Condition(reads=("disk_used",), holds=lambda used: used >= DISK_FULL),),
        ),
        Fault(
            slug="not_recording",
            name=Text("Not recording", "未录像"),
            severity="degraded",
            note=Text("judged: recording is false", "判定条件：录像不正常"),
            judged=(Condition(reads=("recording",), holds=lambda recording: not recording),),
        ),
    ),
    events=(
        EventType(slug="motion", name=Text("Motion", "移动侦测")),
        EventType(slug="line_crossed", name=Text("Line crossed", "越界侦测"), security=True),
        EventType(slug="intrusion", name=Text("Intrusion into an area", "区域入侵"), security=True),
        EventType(slug="scene_changed", name=Text("Camera turned or moved", "场景变更"), security=True),
        EventType(slug="tampered", name=Text("Camera covered or tampered with", "镜头遮挡或人为破坏"), security=True),
    ),
    samples=(
        Sample(
            measures={
                "streaming": True,
                "recording": True,
                "fps": 25,
                "bitrate": 4096,
                "disk_used": 71.4,
                "retention": 30.5,
            }
        ),
        Sample(measures={"streaming": True, "recording": True, "fps": 12.5, "bitrate": 890, "retention": 31}),
        Sample(measures={}),
        Sample(measures={"streaming": True, "recording": True, "disk_used": 98.2}, status="degraded"),
        Sample(measures={"streaming": True, "recording": False, "fps": 25}, status="degraded"),
        Sample(measures={"streaming": True, "recording": False}, faults=("storage_fault",), status="degraded"),
        Sample(measures={"streaming": False, "recording": False, "fps": 0, "bitrate": 0}, status="fault"),
        Sample(measures={"streaming": True, "recording": True, "fps": 25}, faults=("frozen",), status="fault"),
        Sample(measures={"streaming": True, "recording": True}, faults=("covered",), status="fault"),
    ),
)
