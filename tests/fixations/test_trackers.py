"""What eye trackers and their programs write: known by its headings, placed on the picture."""
# ruff: noqa: E501  (headings are long)

from __future__ import annotations

import io
import json

import h5py
import numpy as np
import pytest
from PIL import Image

from salmap.datasets import open_dataset
from salmap.errors import DatasetError, FixationsError
from salmap.fixations.frame import Reading
from salmap.fixations.placing import place
from salmap.fixations.tables import on_pictures, read_gaze

#: (height, width); each file below has these two fixations of "p1" on cat.jpg, 0.2 and 0.3 s long
SIZE = (300, 400)
EXPECTED = [(99.5, 59.5), (199.5, 239.5)]

TABLES = {
    "Tobii Pro Lab in pixels of the screen": """Recording timestamp\tParticipant name\tPresented Stimulus name\tPresented Media position X (DACSpx)\tPresented Media position Y (DACSpx)\tPresented Media width\tPresented Media height\tOriginal Media width\tOriginal Media height\tEye movement type\tGaze event duration\tEye movement type index\tFixation point X\tFixation point Y
0\tp1\tEyetracker Calibration\t\t\t\t\t\t\tFixation\t99\t1\t5\t5
8\tp1\tcat\t560\t240\t800\t600\t400\t300\tFixation\t200\t2\t759,5\t359,5
16\tp1\tcat\t560\t240\t800\t600\t400\t300\tFixation\t200\t2\t759,5\t359,5
24\tp1\tcat\t560\t240\t800\t600\t400\t300\tSaccade\t20\t1\t\t
32\tp1\tcat\t560\t240\t800\t600\t400\t300\tFixation\t300\t3\t959,5\t719,5
""",
    "Tobii Pro Lab in shares of the picture": """Recording timestamp [ms]\tParticipant name\tPresented Stimulus name\tEye movement type\tEye movement event duration [ms]\tEye movement type index\tFixation point X\tFixation point Y\tFixation point X [MCS norm]\tFixation point Y [MCS norm]
8\tp1\tcat\tFixation\t200\t2\t759\t359\t0.25\t0.2
32\tp1\tcat\tFixation\t300\t3\t959\t719\t0.5\t0.8
""",
    "Tobii Studio": """ParticipantName\tMediaName\tRecordingTimestamp\tFixationIndex\tGazeEventType\t\
GazeEventDuration\tFixationPointX (MCSpx)\tFixationPointY (MCSpx)
p1\tcat.jpg\t8\t1\tFixation\t200\t99.5\t59.5
p1\tcat.jpg\t16\t1\tFixation\t200\t99.5\t59.5
p1\tcat.jpg\t32\t2\tFixation\t300\t199.5\t239.5
""",
    "EyeLink Data Viewer": """RECORDING_SESSION_LABEL\tTRIAL_INDEX\tEYE_USED\tCURRENT_FIX_DURATION\t\
CURRENT_FIX_START\tCURRENT_FIX_X\tCURRENT_FIX_Y\timage
p1\t1\tRIGHT\t200\t4\t99.50\t59.50\tcat.jpg
p1\t1\tRIGHT\t300\t250\t199.50\t239.50\tcat.jpg
p1\t1\tRIGHT\t300\t650\t.\t.\tcat.jpg
""",
    "Pupil Player on a surface": """image,participant,world_timestamp,world_index,fixation_id,\
start_timestamp,duration,dispersion,norm_pos_x,norm_pos_y,x_scaled,y_scaled,on_surf
cat.jpg,p1,1.0,1,7,1.01,200.0,1.0,0.25,0.8,0,0,True
cat.jpg,p1,1.1,2,7,1.01,200.0,1.0,0.25,0.8,0,0,True
cat.jpg,p1,1.2,3,8,1.25,300.0,1.0,0.5,0.2,0,0,True
cat.jpg,p1,1.3,4,9,1.65,300.0,1.0,1.5,0.2,0,0,False
""",
    "Pupil Cloud on a reference image": """section id,recording id,fixation id,start timestamp [ns],\
end timestamp [ns],duration [ms],fixation detected in reference image,fixation x in reference image \
[px],fixation y in reference image [px],image name
s,p1,1,1000000000,1200000000,200,True,99.5,59.5,cat.jpg
s,p1,2,1300000000,1600000000,300,True,199.5,239.5,cat.jpg
s,p1,3,1700000000,1900000000,200,False,,,cat.jpg
""",
    "Pupil Cloud on a surface": """picture,recording id,fixation id,start timestamp [ns],\
duration [ms],fixation detected on surface,fixation x [normalized],fixation y [normalized]
cat.jpg,p1,1,1000000000,200,true,0.25,0.2
cat.jpg,p1,2,1300000000,300,true,0.5,0.8
""",
    "SMI BeGaze": """Trial,Stimulus,Participant,Category,Eye L/R,Index,Event Start Trial Time [ms],\
Event Duration [ms],Fixation Position X [px],Fixation Position Y [px]
1,cat.jpg,p1,Fixation,Right,1,4.0,200.0,99.5,59.5
1,cat.jpg,p1,Saccade,Right,1,204.0,20.0,-,-
1,cat.jpg,p1,Fixation,Left,1,4.0,200.0,90.5,50.5
1,cat.jpg,p1,Fixation,Right,2,250.0,300.0,199.5,239.5
""",
    "Gazepoint": """MEDIA_ID,MEDIA_NAME,CNT,TIME(2026/01/01 10:00:00.000),FPOGX,FPOGY,FPOGS,FPOGD,\
FPOGID,FPOGV,USER
0,cat.jpg,1,0.1,0.26,0.21,0.10,0.10,1,1,p1
0,cat.jpg,2,0.2,0.25,0.20,0.10,0.20,1,1,p1
0,cat.jpg,3,0.3,0.40,0.60,0.31,0.01,2,0,p1
0,cat.jpg,4,0.7,0.50,0.80,0.40,0.30,3,1,p1
""",
    "OGAMA": """ID;SubjectName;TrialID;TrialName;TrialImage;TrialSequence;CountInTrial;StartTime;\
Length;PosX;PosY
1;p1;1;T1;cat.jpg;1;1;0;200;99,5;59,5
2;p1;1;T1;cat.jpg;1;2;250;300;199,5;239,5
""",
    "PsychoPy": """participant,image,start_time,duration,average_gaze_x,average_gaze_y
p1,cat.jpg,10.0,0.2,-100,90
p1,cat.jpg,10.4,0.3,0,-90
""",
    "RealEye": """study_id,item_id,item_filename,participant_id,fixation_point_x,fixation_point_y,\
fixation_starts_at_ms,fixation_duration_ms
s,i,cat.jpg,p1,25,20,4,200
s,i,cat.jpg,p1,50,80,250,300
""",
    "EyeLink ASC": """** CONVERTED FROM D:\\p1.EDF using edfapi
MSG\t100 DISPLAY_COORDS 0 0 1023 767
START\t110 RIGHT SAMPLES EVENTS
MSG\t110 TRIALID 1
MSG\t120 !V IMGLOAD CENTER images/cat.jpg 512 384 800 600
130\t 311.5\t 203.5\t 1023.0\t...
SFIX R   130
EFIX R   130\t330\t200\t  311.5\t  203.5\t   1023
EFIX R   350\t650\t300\t  511.5\t  563.5\t   1023
EFIX R   700\t750\t 50\t  .\t  .\t   0
MSG\t800 !V TRIAL_VAR image cat.jpg
MSG\t801 TRIAL_RESULT 0
""",
    "EyeLink ASC with the picture in the middle of the screen": """MSG\t100 GAZE_COORDS 0.00 0.00 \
1023.00 767.00
MSG\t110 TRIALID 1
EFIX R   130\t330\t200\t  411.5\t  293.5\t   1023
EFIX R   350\t650\t300\t  511.5\t  473.5\t   1023
MSG\t800 !V TRIAL_VAR stimulus cat.jpg
""",
    "COCO-Search18": json.dumps(
        [
            {"name": "cat.jpg", "subject": "p1", "task": "cup", "condition": "present",
             "X": [489.5, 839.5], "Y": [209.5, 839.5], "T": [200, 300], "length": 2}
        ]
    ),
}  # fmt: skip


def read(text: str | bytes, name: str = "p1.txt"):
    data = text.encode() if isinstance(text, str) else text
    gaze = on_pictures(name, read_gaze(name, data), ["cat.jpg"])
    return place(gaze, [SIZE], Reading()), gaze


@pytest.mark.parametrize("title", TABLES)
def test_a_tracker_is_known_by_its_headings(title):
    found, gaze = read(TABLES[title])
    fixations = found.fixations["cat.jpg"]
    points = list(zip(fixations.x, fixations.y, strict=True))
    np.testing.assert_allclose(points, EXPECTED, atol=1.01 if title == "PsychoPy" else 0.01)
    np.testing.assert_allclose(fixations.duration_s, [0.2, 0.3], atol=1e-9)
    assert gaze.viewers == ("p1",)
    assert list(fixations.order) == [0, 1]
    assert any(note.startswith("Read as ") for note in found.notes)


SCENE = "\n".join(f"s,p1,{i},{i},{i},200,{300 + i},{200 + i},1.0,2.0" for i in range(9))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],duration [ms],"
         f"fixation x [px],fixation y [px],azimuth [deg],elevation [deg]\n{SCENE}\n", "scene camera"),
        ("id,start_timestamp,duration,start_frame_index,end_frame_index,norm_pos_x,norm_pos_y\n"
         "0,1.0,200,1,2,0.5,0.5\n", "scene camera"),
        ("MSG\t1 TRIALID 1\nEFIX R 1 2 3 4.0 5.0 6\n", "name a picture"),
        ("** CONVERTED FROM x\nMSG\t1 cat.jpg\n", "no fixations (EFIX)"),
        (b"PK\x03\x04rest", "Excel"),
        (b"SR_RESEARCH_COMBINED_FILE", "edf2asc"),
        (b"\x89HDF\r\n\x1a\nrest", "pysaliency"),
        ('{"a": 1', "can't be read"),
        ("[1, 2]", "can't be read"),
        ('[{"name": "cat.jpg", "X": [1, 2], "Y": [1], "T": [1]}]', "differ in length"),
    ],
)  # fmt: skip
def test_what_can_not_be_on_a_picture_is_refused_with_the_reason(text, part):
    with pytest.raises(FixationsError) as failure:
        read(text)
    assert part in str(failure.value)


def test_records_of_json_are_a_table():
    found, _ = read('[{"image": "cat", "x": 9.5, "y": 4}, {"image": "cat", "x": null, "y": null}]')
    assert found.fixations["cat.jpg"].x.tolist() == [9.5]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_samples_of_webgazer_become_fixations_on_the_picture(form):
    pytest.importorskip("pymovements")
    samples = [
        {"x": 200 + 2 * x, "y": 100 + 2 * y, "t": 33 * i}
        for i, (x, y) in enumerate(([EXPECTED[0]] * 12) + ([EXPECTED[1]] * 12))
    ]
    targets = {"#picture": {"left": 200, "top": 100, "width": 800, "height": 600}}
    trial = {"subject": "p1", "stimulus": "img/cat.jpg", "webgazer_data": samples,
             "webgazer_targets": targets}  # fmt: skip
    text = json.dumps([{"trial_type": "welcome"}, trial])
    if form == "csv":
        cells = ['"' + json.dumps(v).replace('"', '""') + '"' for v in (samples, targets)]
        text = "subject,stimulus,webgazer_data,webgazer_targets\n,,,\n" + (
            f"p1,img/cat.jpg,{','.join(cells)}\n"
        )
    found, _ = read(text)
    fixations = found.fixations["cat.jpg"]
    np.testing.assert_allclose(fixations.x, [e[0] - 0.5 for e in EXPECTED], atol=1)
    assert "24 samples at 30 Hz became 2 fixations" in found.notes[-1]


def hdf5(**arrays) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return stream.getvalue()


SCANPATHS = {
    "train_xs": [[10.0, 20.0, np.nan], [30.0, 35.0, 36.0]],
    "train_ys": [[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]],
    "train_ns": [1, 0],
    "train_subjects": [4, 7],
}


@pytest.mark.parametrize(
    "arrays",
    [
        SCANPATHS,
        {"x": [10.0, 20, 30, 35, 36], "y": [1.0, 2, 3, 4, 5], "n": [1, 1, 0, 0, 0],
         "subjects": [4, 4, 7, 7, 7]},
    ],
)  # fmt: skip
def test_fixations_of_pysaliency_are_numbered(arrays, tmp_path):
    (tmp_path / "images").mkdir()
    for name in "ab":
        Image.new("RGB", (40, 30)).save(tmp_path / f"images/{name}.png")
    (tmp_path / "fixations.hdf5").write_bytes(hdf5(**arrays))
    dataset = open_dataset("folder", tmp_path)
    assert dataset.fixations(0).x.tolist() == [29.5, 34.5, 35.5]
    assert dataset.fixations(1).viewer.tolist() == [0, 0]
    assert any("alphabetical order" in note for note in dataset.notes)
    (tmp_path / "stimuli.hdf5").write_bytes(hdf5(filenames=[b"st/b.png", b"st/a.png"]))
    assert open_dataset("folder", tmp_path).fixations(0).x.tolist() == [9.5, 19.5]
    (tmp_path / "stimuli.hdf5").unlink()
    Image.new("RGB", (40, 30)).save(tmp_path / "images/c.png")
    with pytest.raises(DatasetError, match=r"numbers 2 pictures, but there are 3"):
        open_dataset("folder", tmp_path)


def test_hdf5_that_points_elsewhere_or_is_too_large_is_refused(tmp_path):
    (tmp_path / "secret").write_bytes(np.arange(5.0).tobytes())
    plain = {"y": [1.0, 2, 3, 4, 5], "n": [0] * 5}
    cases = {}
    for kind in ("raw", "link", "huge", "numbers"):
        cases[kind] = path = tmp_path / f"{kind}.h5"
        with h5py.File(path, "w") as file:
            for name, values in plain.items():
                file[name] = values
            if kind == "raw":
                outside = [(str(tmp_path / "secret"), 0, 40)]
                file.create_dataset("x", (5,), "f8", external=outside)
            elif kind == "link":
                file["x"] = h5py.ExternalLink(str(tmp_path / "numbers.h5"), "y")
            elif kind == "huge":
                file.create_dataset("x", (10**12,), "f8", chunks=(1000,))
            else:
                file["x"] = plain["y"]
                file["n"][...] = 2**31
    for path in cases.values():
        with pytest.raises(FixationsError, match=path.name):
            read_gaze(path.name, path.read_bytes())


def test_several_recordings_are_of_a_viewer_each(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "fixations").mkdir()
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "images/cat.jpg")
    for name in ("ann", "bob"):
        (tmp_path / f"fixations/{name}.asc").write_text(TABLES["EyeLink ASC"])
    fixations = open_dataset("folder", tmp_path).fixations(0)
    assert fixations.viewers == {0, 1}
    assert list(fixations.order) == [0, 1, 0, 1]
