"""What eye trackers and their programs write: one entry for each, known by its headings.

Headings are compared in small letters with `_` for all else between letters and digits, and with or
without a unit of time behind them ("Event Duration [ms]" is `event_duration`). `{}` stands for x
and y.
"""

from __future__ import annotations

from dataclasses import dataclass

from salmap.fixations.frame import Frame, Origin, Unit, YAxis

_PIXELS = Frame(Unit.PIXELS)
_SHARES = Frame(Unit.SHARES)
_SHARES_UP = Frame(Unit.SHARES, Origin.BOTTOM_LEFT)
_PSYCHOPY = Frame(origin=Origin.CENTER, y_axis=YAxis.UP)
_YES = ("true", "1")


@dataclass(frozen=True)
class Form:
    """How a program writes fixations.

    Attributes:
        title: what it is, for people ("a Tobii Pro Lab export"); empty for a plain table.
        known_by: headings that only it has.
        positions: pattern of the headings of x and y, and how they are counted; the first at hand
            is used.
        image, subject, start, duration: headings that may hold these.
        only: heading and the values (small letters) of the rows that count.
        event: heading of the number of the fixation, where a fixation has several rows.
        last: whether the last of these rows counts, not the first.
        eye: heading that tells the left eye from the right.
        shown: headings of the picture's place and size on the screen (left, top, width, height)
            and of its own size (width, height), for positions on the screen.
        default_s: seconds of a unit of time whose heading does not say.
        is_samples: whether rows are samples of the eyes.
        refused: why positions of this form are of no use, if they are not; a sentence.
    """

    title: str
    known_by: tuple[str, ...]
    positions: tuple[tuple[str, Frame], ...]
    image: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    duration: tuple[str, ...] = ()
    only: tuple[str, tuple[str, ...]] | None = None
    event: str = ""
    last: bool = False
    eye: str = ""
    shown: tuple[str, ...] = ()
    default_s: float = 1e-3
    is_samples: bool = False
    refused: str = ""


_TOBII_IMAGE = ("presented_stimulus_name", "presented_media_name", "media_name", "medianame")
_TOBII_SUBJECT = ("participant_name", "participantname", "recording_name", "recordingname")
_TOBII_SHOWN = (
    "presented_media_position_x_dacspx", "presented_media_position_y_dacspx",
    "presented_media_width", "presented_media_height",
    "original_media_width", "original_media_height",
)  # fmt: skip
_SCENE_CAMERA = (
    "Its positions are in the moving picture of the scene camera, not on a picture that was "
    "viewed. Export fixations on a surface or a reference image."
)

TRACKERS = (
    Form(
        "a Tobii Pro Lab export",
        ("recording_timestamp", "eye_movement_type", "fixation_point_x"),
        (
            ("fixation_point_{}_mcspx", _PIXELS),
            ("fixation_point_{}_mcsnorm", _SHARES),
            ("fixation_point_{}_dacspx", _PIXELS),
            ("fixation_point_{}", _PIXELS),
        ),
        _TOBII_IMAGE, _TOBII_SUBJECT,
        start=("recording_timestamp",),
        duration=("gaze_event_duration", "eye_movement_event_duration"),
        only=("eye_movement_type", ("fixation",)),
        event="eye_movement_type_index",
        shown=_TOBII_SHOWN,
    ),
    Form(
        "a Tobii Studio export",
        ("recordingtimestamp", "gazeeventtype", "fixationpointx_mcspx"),
        (("fixationpoint{}_mcspx", _PIXELS),),
        _TOBII_IMAGE, _TOBII_SUBJECT,
        start=("recordingtimestamp",),
        duration=("gazeeventduration",),
        only=("gazeeventtype", ("fixation",)),
        event="fixationindex",
    ),
    Form(
        "samples from Tobii Pro Lab",
        ("recording_timestamp", "gaze_point_x"),
        (
            ("gaze_point_{}_mcspx", _PIXELS),
            ("gaze_point_{}_mcsnorm", _SHARES),
            ("gaze_point_{}_dacspx", _PIXELS),
            ("gaze_point_{}", _PIXELS),
        ),
        _TOBII_IMAGE, _TOBII_SUBJECT,
        start=("recording_timestamp",),
        shown=_TOBII_SHOWN,
        is_samples=True,
    ),
    Form(
        "a fixation report of EyeLink Data Viewer",
        ("current_fix_x", "current_fix_y"),
        (("current_fix_{}", _PIXELS),),
        subject=("recording_session_label", "session_name"),
        start=("current_fix_start",),
        duration=("current_fix_duration",),
        eye="eye_used",
    ),
    Form(
        "a sample report of EyeLink Data Viewer",
        ("recording_session_label", "sample_index"),
        tuple((f"{eye}_gaze_{{}}", _PIXELS) for eye in ("average", "right", "left")),
        subject=("recording_session_label",),
        start=("timestamp",),
        is_samples=True,
    ),
    Form(
        "fixations on a surface from Pupil Player",
        ("norm_pos_x", "on_surf"),
        (("norm_pos_{}", _SHARES_UP),),
        start=("start_timestamp",), duration=("duration",),
        only=("on_surf", _YES),
        event="fixation_id",
    ),
    Form(
        "gaze on a surface from Pupil Player",
        ("gaze_timestamp", "x_norm", "on_surf"),
        (("{}_norm", _SHARES_UP),),
        start=("gaze_timestamp",),
        only=("on_surf", _YES),
        default_s=1,
        is_samples=True,
    ),
    Form(
        "fixations in the scene camera from Pupil Player",
        ("norm_pos_x", "start_frame_index"),
        (("norm_pos_{}", _SHARES_UP),),
        refused=_SCENE_CAMERA,
    ),
    Form(
        "fixations on a reference image from Pupil Cloud",
        ("fixation_x_in_reference_image_px",),
        (("fixation_{}_in_reference_image_px", _PIXELS),),
        image=("reference_image_name", "image_name"),
        subject=("recording_id", "recording_name"),
        start=("start_timestamp",), duration=("duration",),
        only=("fixation_detected_in_reference_image", _YES),
    ),
    Form(
        "fixations on a surface from Pupil Cloud",
        ("fixation_detected_on_surface", "fixation_x_normalized"),
        (("fixation_{}_normalized", _SHARES),),
        subject=("recording_id", "recording_name"),
        start=("start_timestamp",), duration=("duration",),
        only=("fixation_detected_on_surface", _YES),
    ),
    Form(
        "fixations in the scene camera of a Neon",
        ("recording_id", "fixation_x_px", "azimuth_deg"),
        (("fixation_{}_px", _PIXELS),),
        refused=_SCENE_CAMERA,
    ),
    Form(
        "an export of SMI BeGaze",
        ("fixation_position_x_px", "event_duration"),
        (("fixation_position_{}_px", _PIXELS),),
        image=("stimulus",), subject=("participant",),
        start=("event_start_trial_time",), duration=("event_duration",),
        only=("category", ("fixation", "visual intake")),
        eye="eye_l_r",
    ),
    Form(
        "samples of an SMI tracker",
        ("l_por_x_px", "time"),
        (("r_por_{}_px", _PIXELS), ("l_por_{}_px", _PIXELS)),
        image=("stimulus",), subject=("participant",),
        start=("time",),
        only=("type", ("smp",)),
        default_s=1e-6,
        is_samples=True,
    ),
    Form(
        "a Gazepoint export",
        ("fpogx", "fpogy"),
        (("fpog{}", _SHARES),),
        image=("media_name", "media_id"), subject=("user", "user_name", "user_id"),
        start=("fpogs",), duration=("fpogd",),
        only=("fpogv", _YES),
        event="fpogid",
        last=True,
        default_s=1,
    ),
    Form(
        "an OGAMA table",
        ("subjectname", "posx", "posy"),
        (("pos{}", _PIXELS),),
        image=("trialimage", "trialname"), subject=("subjectname",),
        start=("starttime",), duration=("length",),
    ),
    Form(
        "fixations of PsychoPy's ioHub",
        ("average_gaze_x", "average_gaze_y"),
        (("average_gaze_{}", _PSYCHOPY),),
        start=("start_time", "time"), duration=("duration",),
        default_s=1,
    ),
    Form(
        "samples of PsychoPy's ioHub",
        ("left_gaze_x", "right_gaze_x"),
        (("right_gaze_{}", _PSYCHOPY), ("left_gaze_{}", _PSYCHOPY)),
        start=("time", "device_time"),
        default_s=1,
        is_samples=True,
    ),
    Form(
        "a RealEye export of fixations",
        ("fixation_point_x", "item_id"),
        (("fixation_point_{}", Frame(Unit.PERCENT)),),
        image=("item_filename", "item_name", "item_id"),
        subject=("participant_id", "tester_id", "participant_display_name"),
        start=("fixation_starts_at",), duration=("fixation_duration",),
    ),
    Form(
        "gaze from RealEye",
        ("gaze_x_percents", "item_id"),
        (("gaze_{}_percents", Frame(Unit.PERCENT)),),
        image=("item_filename", "item_name", "item_id"),
        subject=("participant_id", "tester_id"),
        start=("gaze_timestamp", "gaze_time", "timestamp", "time"),
        is_samples=True,
    ),
)  # fmt: skip

_NAMES = ("image", "picture", "stimulus", "photo", "file", "media", "img", "item")
_PEOPLE = ("subject", "participant", "observer", "user", "viewer", "person", "respondent")
#: a table of nobody's in particular
PLAIN = Form(
    "",
    (),
    (
        *(
            (pattern, Frame())
            for pattern in (
                "{}", "fix_{}", "fixation_{}", "gaze_{}", "pos_{}", "{}_pos", "{}pos", "pos{}",
                "fix{}", "gaze{}", "{}_coord", "{}_coordinate", "coord_{}", "position_{}",
                "{}_position", "mean_{}", "{}_mean", "avg_{}", "average_{}", "point_{}",
                "fixation_point_{}", "fixation_position_{}", "gaze_point_{}", "gazepoint{}",
                "fixationpoint{}", "{}_fix", "{}_fixation", "{}_gaze",
            )
        ),
        *((pattern, Frame()) for pattern in ("{}_px", "{}_pixel", "{}_pixels", "px_{}")),
        *((p, _SHARES) for p in ("{}_norm", "norm_{}", "{}_normalized", "{}_share", "rel_{}")),
        *((p, Frame(Unit.PERCENT)) for p in ("{}_percent", "{}_pct", "percent_{}")),
    ),
    image=(
        *_NAMES,
        *(f"{name}{end}" for name in _NAMES for end in ("_name", "name", "_file", "file", "_id")),
        "filename", "file_path", "image_path", "path", "stimuli", "images", "trial_image",
    ),
    subject=(
        *_PEOPLE,
        *(f"{name}{end}" for name in _PEOPLE for end in ("_id", "id", "_name", "name", "_nr")),
        "subj", "sub", "subject_number", "participant_number", "ppt", "pp", "vp", "observer_nr",
        "recording", "recording_name", "session_id",
    ),
    start=("start", "onset", "start_time", "starttime", "fix_start", "timestamp", "time", "t"),
    duration=(
        "duration", "fix_duration", "fixation_duration", "fixduration", "dur", "fix_dur", "length",
    ),
    eye="eye",
)  # fmt: skip
