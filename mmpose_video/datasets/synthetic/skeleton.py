"""An articulated body: from joint angles to points in space.

Body frame, in meters: x to the person's left, y down, z forward.
World frame: x to the right of the image, y down, z away from the camera.
"""
from dataclasses import dataclass
from typing import Dict

import numpy as np

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS

Angles = Dict[str, np.ndarray]

# The ears are not used by PoseTrack18. What follows its keypoints only
# serves drawing.
JOINTS = (*POSETRACK_KEYPOINTS, 'left_hand', 'right_hand', 'left_toe',
          'right_toe', 'pelvis', 'chest', 'head_center', 'left_eye',
          'right_eye', 'left_heel', 'right_heel', 'chest_front')
INDEX = {name: i for i, name in enumerate(JOINTS)}
NUM_KEYPOINTS = len(POSETRACK_KEYPOINTS)
EARS = (3, 4)


@dataclass(frozen=True)
class Build:
    """Measures of one body.

    Args:
        height (float): Standing height in meters.
        bulk (float): Factor on all widths and radii, about 0.85 to 1.3.
        leg (float): Hip height as a part of the body height, about 0.5.
        head (float): Factor on the size of the head.
    """
    height: float = 1.75
    bulk: float = 1.
    leg: float = 0.52
    head: float = 1.


def _rotate_y(vec: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """Turn body-frame vectors ``(..., 3)`` into the world by ``yaw`` (...).

    Yaw 0 faces the camera, pi/2 faces the right of the image.
    """
    c, s = np.cos(yaw), np.sin(yaw)
    x, y, z = vec[..., 0], vec[..., 1], vec[..., 2]
    return np.stack([c * x + s * z, y, s * x - c * z], -1)


def _limb(flex: np.ndarray, abd: np.ndarray, bend: np.ndarray,
          twist: np.ndarray, side: float) -> tuple:
    """Return the directions of the two segments of an arm or a leg.

    Args:
        flex (np.ndarray): Raise to the front, radians; 0 hangs down.
        abd (np.ndarray): Raise to the side, radians.
        bend (np.ndarray): Angle between the segments; 0 is straight.
        twist (np.ndarray): Turns the plane of the bend from the front to
            the side.
        side (float): +1 for the left limb, -1 for the right one.

    Returns:
        tuple: Unit vectors (..., 3) of the upper and the lower segment, in
        the body frame.
    """
    ca, sa, cf, sf = np.cos(abd), np.sin(abd), np.cos(flex), np.sin(flex)
    upper = np.stack([side * sa, ca * cf, ca * sf], -1)
    # the two unit tangents of the sphere of directions at `upper`
    front = np.stack([np.zeros_like(sf), -sf, cf], -1)
    out = np.stack([side * ca, -sa * cf, -sa * sf], -1)
    plane = (np.cos(twist)[..., None] * front +
             np.sin(twist)[..., None] * out)
    lower = np.cos(bend)[..., None] * upper + np.sin(bend)[..., None] * plane
    return upper, lower


def forward_kinematics(build: Build, angles: Angles) -> np.ndarray:
    """Return the joints of a body standing or jumping on the ground (y = 0).

    Args:
        build (Build): The body's measures.
        angles (Angles): Arrays of one shape ``S``, radians, by name:
            ``yaw lean sway twist head_yaw head_pitch`` and, for each of
            ``left_`` and ``right_``: ``shoulder_flex shoulder_abd elbow
            elbow_twist hip_flex hip_abd knee``; and ``lift``, the height of
            the feet above the ground in meters.

    Returns:
        np.ndarray: ``S + (len(JOINTS), 3)``, meters, world frame relative
        to the body's root on the ground.
    """
    h, bulk = build.height, build.bulk
    yaw = angles['yaw']
    shape = yaw.shape
    joints = np.zeros(shape + (len(JOINTS), 3))

    def put(name: str, value: np.ndarray) -> None:
        joints[..., INDEX[name], :] = value

    def get(name: str) -> np.ndarray:
        return joints[..., INDEX[name], :]

    lean, sway = angles['lean'], angles['sway']
    up_body = np.stack([
        np.sin(sway), -np.cos(sway) * np.cos(lean),
        np.cos(sway) * np.sin(lean)
    ], -1)
    up = _rotate_y(up_body, yaw)
    chest_yaw = yaw + angles['twist']
    head_yaw = chest_yaw + angles['head_yaw']
    put('pelvis', np.zeros(shape + (3, )))
    spine = (0.82 - build.leg) * h
    chest = get('pelvis') + up * spine
    put('chest', chest)
    front = np.zeros(shape + (3, ))
    front[..., 2] = 0.11 * h * bulk
    put('chest_front',
        chest - 0.30 * spine * up + _rotate_y(front, chest_yaw))
    # the head stays more upright than the trunk
    tilt = angles['head_pitch'] + 0.5 * lean
    side_tilt = 0.6 * sway
    head_up = _rotate_y(
        np.stack([
            np.sin(side_tilt), -np.cos(side_tilt) * np.cos(tilt),
            np.cos(side_tilt) * np.sin(tilt)
        ], -1), head_yaw)
    face = _rotate_y(
        np.stack([np.zeros(shape), np.sin(tilt), np.cos(tilt)], -1),
        head_yaw)
    neck = chest + 0.035 * h * (0.5 * up + 0.5 * head_up)
    head_len = 0.145 * h * build.head
    put('head_bottom', neck)
    center = neck + 0.56 * head_len * head_up
    put('head_center', center)
    put('head_top', neck + head_len * head_up)
    nose = center + 0.5 * head_len * face - 0.05 * head_len * head_up
    put('nose', nose)

    for name, side in (('left', 1.), ('right', -1.)):
        lateral = np.zeros(shape + (3, ))
        lateral[..., 0] = side
        ear_dir = _rotate_y(lateral, head_yaw)
        put(name + '_ear', center + 0.38 * head_len * ear_dir)
        put(name + '_eye', center + 0.36 * head_len * face +
            0.17 * head_len * ear_dir + 0.06 * head_len * head_up)
        # arms hang from the chest's frame, legs from the pelvis's
        across = lateral.copy()
        across[..., 1] = side * np.sin(sway)
        shoulder = (chest + _rotate_y(across, chest_yaw) *
                    (0.108 * h * (0.5 + 0.5 * bulk)) + 0.012 * h * -up)
        upper, lower = _limb(angles[name + '_shoulder_flex'],
                             angles[name + '_shoulder_abd'],
                             angles[name + '_elbow'],
                             angles[name + '_elbow_twist'], side)
        upper, lower = _rotate_y(upper, chest_yaw), _rotate_y(
            lower, chest_yaw)
        elbow = shoulder + 0.168 * h * upper
        wrist = elbow + 0.150 * h * lower
        put(name + '_shoulder', shoulder)
        put(name + '_elbow', elbow)
        put(name + '_wrist', wrist)
        put(name + '_hand', wrist + 0.055 * h * lower)
        hip = _rotate_y(lateral, yaw) * (0.062 * h * (0.6 + 0.4 * bulk))
        upper, lower = _limb(angles[name + '_hip_flex'],
                             angles[name + '_hip_abd'],
                             -angles[name + '_knee'],
                             np.zeros(shape), side)
        upper, lower = _rotate_y(upper, yaw), _rotate_y(lower, yaw)
        knee = hip + 0.5 * (build.leg - 0.045) * h * upper
        ankle = knee + 0.5 * (build.leg - 0.045) * h * lower
        put(name + '_hip', hip)
        put(name + '_knee', knee)
        put(name + '_ankle', ankle)
        shin = angles[name + '_hip_flex'] - angles[name + '_knee']
        # the foot points forward and droops a little when the shin swings
        droop = np.clip(-0.5 * shin, -0.3, 0.9)
        toe = _rotate_y(
            np.stack([
                np.full(shape, 0.2 * side), 0.3 + np.sin(droop),
                np.cos(droop)
            ], -1), yaw)
        put(name + '_toe', ankle + 0.085 * h * toe)
        put(name + '_heel', ankle + 0.03 * h * lower)

    # Stand the body on the ground by the lowest foot. The smooth maximum
    # keeps the trunk from jerking when the weight goes to the other foot.
    feet = np.stack([get('left_ankle')[..., 1], get('right_ankle')[..., 1]])
    soft = 0.03 * h
    lowest = soft * np.logaddexp(feet[0] / soft, feet[1] / soft)
    lowest = lowest + 0.045 * h - soft * 0.25
    joints[..., 1] -= (lowest + angles['lift'])[..., None]
    return joints
