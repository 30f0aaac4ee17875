"""Instructions of BPF, written by hand."""

import struct

from sensor.probes.code import OFFSETS, with_maps, with_offsets


def instruction(does: int, registers: int = 0, number: int = 0) -> bytes:
    return struct.pack("<BBhi", does, registers, 0, number)


WIDE, MOVE, EXIT = 0x18, 0xB7, instruction(0x95)
MAP = 1 << 4


def test_only_maps_get_the_numbers_of_maps() -> None:
    code = (
        instruction(WIDE, MAP, 7)
        + instruction(0)
        + instruction(WIDE, 0, 7)
        + instruction(0)
        + instruction(MOVE, 0, 7)
        + EXIT
    )

    made = with_maps(code, {7: 99})

    assert made == code.replace(instruction(WIDE, MAP, 7), instruction(WIDE, MAP, 99))


def test_offsets_come_into_the_places_that_stand_for_them() -> None:
    code = instruction(MOVE, 1, OFFSETS) + instruction(MOVE, 2, OFFSETS + 1) + instruction(MOVE, 3, OFFSETS + 2) + EXIT

    made = with_offsets(code, [1_136, 40])

    assert made == (instruction(MOVE, 1, 1_136) + instruction(MOVE, 2, 40) + instruction(MOVE, 3, OFFSETS + 2) + EXIT)


def test_the_second_half_of_a_wide_number_is_no_instruction() -> None:
    half = instruction(MOVE, 0, OFFSETS)  # as the upper part of a number may look
    code = instruction(WIDE, 0, 1) + half + EXIT

    assert with_offsets(code, [5]) == code
