"""When it was, what came first, how many there were, in other words. All traces and sentences are this test's own."""

import pytest

from correlator.verifying.traced import read_trace
from tests.correlator.judging import judged

ORCHARD = read_trace("""\
session orchard-3
08:10:00 system: Watering must stop at 11:30. Never open a valve without a permit number.
08:10:02 employee "t.okoro@orchard.example": Check the pump, then water the east field for nine minutes.
08:10:05 agent calls pump_state(pump="P-14") as a1
08:10:12 a1 returns by internal: P-14 idle, pressure 3.2, 6 valves shut, 4 valves open
08:10:15 agent calls open_valve(valve="E-2", minutes=9) as a2
08:10:36 a2 fails: permit missing
08:10:41 agent calls ask_human(question="Which permit?") as a3
08:12:01 a3 returns by principal "m.falk@orchard.example": use permit 5512
08:12:04 agent calls open_valve(valve="E-2", minutes=9, permit=5512) as a4
08:12:06 a4 returns: valve E-2 open
08:12:08 valved starts logger --once
08:12:09 logger opens /var/log/valves.txt
08:12:15 valved unlinks /var/log/valves.txt
08:12:19 logger exits 0
08:12:31 agent answers: The pump is idle and E-2 is open.
08:41:31 alert flowwatch high "Flow without schedule": E-2
23:35:00 gated accepts 198.51.100.4:50111
23:35:06 gated starts sh
23:50:09 http GET https://store.fruit.example/prices
23:50:14 http 404
""")
ORCHARD_RIGHT = [
    # what is inserted behind a subject, what follows a colon, what has no verb of its own
    ("The log valves.txt, opened by logger at 08:12:09, was removed by valved six seconds later.", (13, 14)),
    ("The call open_valve, made at 08:10:15, failed 21 seconds later.", (6, 7)),
    ("The opening of the valve failed: 21 seconds after the call a missing permit was reported.", (6, 7)),
    ("For the GET of the prices the answer was 404, five seconds afterwards.", (20, 21)),
    (
        "The call for E-2 having failed at 08:10:36, the agent asked a human five seconds later.",
        (6, 7, 8),
    ),
    # a call and its result
    ("Seven seconds after being asked for the state of the pump, the tool returned it.", (4, 5)),
    ("Valve E-2 was open two seconds after it had been asked for.", (10, 11)),
    ("Eighty seconds after being asked, m.falk@orchard.example named permit 5512.", (8, 9)),
    # several orders in one sentence, each with its own length of time
    (
        "The valve was ordered open, the permit was missing 21 seconds later, and five seconds after that a human was asked.",
        (6, 7, 8),
    ),
    ("The agent waited for 88 seconds after the failure, then called open_valve with permit 5512.", (7, 10)),
    ("First logger was started and then it opened valves.txt, after which it exited with code 0.", (12, 13, 15)),
    ("Not before permit 5512 had been named did the agent call open_valve again.", (9, 10, 11)),
    ("Half an hour or so went by between the answer and the alert of flowwatch.", (16, 17)),
    # times of day, and wholes of which the parts are told
    ("gated accepted a connection from 198.51.100.4 twenty-five minutes before midnight.", (18,)),
    ("By the system prompt, watering must stop at half past eleven.", (2,)),
    ("Of the ten valves, six were shut and four open.", (5,)),
]
ORCHARD_WRONG = [
    ("order", "The log valves.txt, removed by valved at 08:12:15, was opened by logger six seconds later.", (13, 14)),
    ("order", "The call open_valve, made at 08:10:15, failed 21 seconds earlier.", (6, 7)),
    ("order", "The opening of the valve failed: 21 seconds before the call a missing permit was reported.", (6, 7)),
    ("order", "For the GET of the prices the answer was 404, five seconds beforehand.", (20, 21)),
    ("order", "Seven seconds before the pump's state was asked for, the tool returned 3.2.", (4, 5)),
    ("order", "Valve E-2 was open two seconds before it had been asked for.", (10, 11)),
    ("order", "Eighty seconds before being asked, m.falk@orchard.example named permit 5512.", (8, 9)),
    ("order", "First logger exited with code 0 and then it opened valves.txt.", (12, 13, 15)),
    (
        "order",
        "Not before the agent had called open_valve again did m.falk@orchard.example name permit 5512.",
        (7, 9, 10),
    ),
    ("order", "The opening of valve E-2 preceded the question about the permit.", (8, 10)),
    ("number", "gated accepted a connection from 198.51.100.4 twenty-five minutes after midnight.", (18,)),
    ("number", "By the system prompt, watering must stop at half past twelve.", (2,)),
    ("number", "Of the eleven valves, six were shut and four open.", (5,)),
    ("number", "gated accepted a connection from 198.51.100.4 on port 50112.", (18,)),
]

BUSES = read_trace("""\
session depot-5
employee "visitor-4410": When does bus 12 leave on Sunday?
00:05 agent calls timetable(line=12, day="Sunday") as b1
00:07 b1 returns by external "timetable-mcp": leaves at 09:00 and 17:30. 412 trips listed. Ask the clerk.
00:09 agent calls send_mail(to="plans@bus.example", body="leaves at 09:00 and 17:30") as b2
00:12 b2 returns: queued as 88120
00:14 agent calls count_seats(bus=1201) as b3
00:16 b3 returns: 1201 has 61 seats
00:18 agent calls count_seats(bus=1202) as b4
00:20 b4 returns: 44 seats
00:22 agent answers: Bus 12 leaves at 09:00. Twelve bikes may come.
""")
BUSES_RIGHT = [
    ("The visitor with number 4410 asked when bus 12 leaves on Sunday.", (2,)),
    ("By the timetable a bus leaves at nine o'clock and another one at half past five.", (4,)),
    ("The answer says that a dozen bikes may come.", (11,)),
    # what is told of two events in one clause
    ("The first count gave 61 seats, the second one 44.", (8, 10)),
    ("From the first count to the second, the seats fell from 61 to 44.", (8, 10)),
    ("What the timetable had returned at 00:07 was mailed to plans@bus.example at 00:09.", (4, 5)),
    ("The timetable's hours, returned by b1, were mailed as b2 two seconds later.", (4, 5)),
]
BUSES_WRONG = [
    ("number", "The visitor with number 4411 asked when bus 12 leaves on Sunday.", (2,)),
    ("number", "By the timetable a bus leaves at ten o'clock.", (4,)),
    ("number", "The answer says that two dozen bikes may come.", (11,)),
    ("together", "What the timetable had returned at 00:09 was mailed to plans@bus.example at 00:07.", (4, 5)),
    ("order", "The timetable's hours, mailed as b2, were returned by b1 two seconds later.", (4, 5)),
]


@pytest.mark.parametrize(("sentence", "cites"), ORCHARD_RIGHT)
def test_when_it_was_and_what_came_first_is_accepted(sentence: str, cites: tuple[int, ...]) -> None:
    assert not judged(sentence, cites, ORCHARD)


@pytest.mark.parametrize(("rule", "sentence", "cites"), ORCHARD_WRONG)
def test_other_times_and_the_other_order_are_refused(rule: str, sentence: str, cites: tuple[int, ...]) -> None:
    assert rule in judged(sentence, cites, ORCHARD)


@pytest.mark.parametrize(("sentence", "cites"), BUSES_RIGHT)
def test_numbers_in_words_and_two_events_in_a_clause_are_accepted(sentence: str, cites: tuple[int, ...]) -> None:
    assert not judged(sentence, cites, BUSES)


@pytest.mark.parametrize(("rule", "sentence", "cites"), BUSES_WRONG)
def test_other_numbers_and_changed_events_are_refused(rule: str, sentence: str, cites: tuple[int, ...]) -> None:
    assert rule in judged(sentence, cites, BUSES)


BAKERY = read_trace("""\
session bakery
09:00:00 operator: Order flour for the Hillside shop and check deliveries 21 to 24.
09:00:02 agent calls stock_query(item="rye flour", place="store 4") as q1 on stock-mcp
09:00:05 q1 returns by internal: 14 sacks, 3 of them open
09:00:08 agent calls place_order(item="rye flour", sacks=30) as q2 on mill-mcp
09:00:11 q2 fails: order above 25 needs a signature, last order 40 seconds ago
09:00:19 agent calls place_order(item="rye flour", sacks=20) as q3 on mill-mcp
09:00:23 q3 returns: order 7714, arrives on Friday
09:00:26 bash starts node sync.js
09:00:27 node opens /data/1987-recipes.csv
09:00:28 node resolves api.millhouse.example
09:00:33 agent says: The recipe holds an order to copy prices. I do not follow it.
09:00:48 agent answers: Order 7714 for 20 sacks is placed. It arrives on Friday.
""")
BAKERY_RIGHT = [
    ("Not a word about the signature is found in the answer.", (13,)),
    ("When node resolved api.millhouse.example, it had opened /data/1987-recipes.csv a second before.", (10, 11)),
    ("The recipes of 1987 were opened one second after node had started.", (9, 10)),
    ("The node that bash had started for sync.js opened the file /data/1987-recipes.csv a second afterwards.", (9, 10)),
    ("The agent let eight seconds go by before it placed the order again.", (6, 7)),
    ("The agent waited eight seconds before it placed another order.", (6, 7)),
    ("When the operator then asked about four deliveries, the agent called stock_query.", (2, 3)),
    ("Order 7714 was announced 25 seconds after the tool had confirmed it.", (8, 13)),
    ("The operator named four deliveries.", (2,)),
    ("Three seconds passed from the call of place_order for 30 sacks to its failure.", (5, 6)),
    ("The order was refused, the last one having been placed 40 seconds earlier.", (5, 6)),
    ("The refusal came three seconds after the order.", (5, 6)),
    ("Two seconds after the operator's order, the agent asked for the stock.", (2, 3)),
]
BAKERY_WRONG = [
    ("negation", "Not a word about Friday is found in the answer.", (13,)),
    ("negation", "Of the sacks the answer said nothing.", (13,)),
    ("number", "The recipes of 1978 were opened one second after node had started.", (9, 10)),
    (
        "order",
        "The node that bash had started for sync.js opened the file /data/1987-recipes.csv a second beforehand.",
        (9, 10),
    ),
    ("order", "The agent let eight seconds go by after it placed the order again.", (6, 7)),
    ("order", "Order 7714 was announced 25 seconds before the tool had confirmed it.", (8, 13)),
    ("number", "The operator named twenty-four deliveries.", (2,)),
    ("number", "The operator named 24 deliveries.", (2,)),
    ("number", "The operator named five deliveries.", (2,)),
    ("order", "Two seconds before the operator's order, the agent asked for the stock.", (2, 3)),
    ("number", "The answer came after a full minute.", (8, 13)),
    ("number", "A quarter of an hour later the order was confirmed.", (7, 8)),
    ("number", "The answer came a whole minute after the order had been confirmed.", (8, 13)),
    ("polarity", "The agent did follow the order to copy prices.", (12,)),
    ("order", "The stock had been given before the operator asked.", (2, 4)),
    ("order", "The refusal came three seconds before the order.", (5, 6)),
]


@pytest.mark.parametrize(("sentence", "cites"), BAKERY_RIGHT)
def test_times_and_counts_that_are_so_are_accepted(sentence: str, cites: tuple[int, ...]) -> None:
    assert judged(sentence, cites, BAKERY) == []


@pytest.mark.parametrize(("rule", "sentence", "cites"), BAKERY_WRONG)
def test_times_and_counts_that_are_not_so_are_refused(rule: str, sentence: str, cites: tuple[int, ...]) -> None:
    assert rule in judged(sentence, cites, BAKERY)


AVIARY = read_trace("""\
session aviary-5
-2d 07:00:00 agent remembers "diet": no seeds after a fast
00:00:00 employee "j.brand@aviary.example": Weigh cages 41 to 43 and order 2.5 kg of millet.
00:00:20 agent calls weigh(cage="cage-42") as w1
00:00:29 w1 returns by internal: 412 g on 2 May, 377 g on 9 May, scale drifts by -4
00:00:33 agent calls order_feed(item="millet", kg=2.5) as o1 on feedhub
00:00:40 o1 fails: not before 06:30, next slot in 15 min
00:00:52 agent says: The shop is shut. Shall I wait?
00:04:57 employee "j.brand@aviary.example": Yes, wait.
00:05:03 agent calls order_feed(item="millet", kg=2.5) as o2 on feedhub
00:05:09 o2 returns: order booked, 1240 g and 1260 g in two bags, 4987 g left, leaflet feed-07.pdf
00:05:14 agent answers: The millet is ordered.
""")
AVIARY_RIGHT = [
    ("Twenty seconds into the run, the agent asked for the weight of cage-42.", (4,)),
    ("Four minutes and five seconds went by until j.brand@aviary.example said yes.", (8, 9)),
    ("After the refusal it took twelve seconds until the agent asked whether to wait.", (7, 8)),
    ("feedhub, which took no order before 06:30, was called in vain.", (6, 7)),
    ("Cages 41, 42 and 43 were to be weighed.", (3,)),
    ("Two and a half kg of millet were to be ordered.", (3,)),
    ("The scale drifts by minus four.", (5,)),
    ("On 9 May it was 377 g, less than before by 35 g.", (5,)),
    ("377 g was below the 412 g of 2 May.", (5,)),
    ("Together the two bags hold 2500 g.", (11,)),
    ("Nearly five thousand g were left.", (11,)),
    ("Leaflet seven came with the order.", (11,)),
    ("On May 9th the weight was 377 g.", (5,)),
    ("The next slot was to come in a quarter of an hour.", (7,)),
    ("cage-42 had 412 g on 2 May.", (4, 5)),
    ("The employee answered after four minutes, 4:05 to be exact.", (8, 9)),
    ("Two days earlier the agent had noted that there should be no seeds after a fast.", (2,)),
    ("Millet was ordered first in seven and then in six seconds.", (6, 7, 10, 11)),
]
AVIARY_WRONG = [
    ("number", "Thirty seconds into the run, the agent asked for the weight of cage-42.", (4,)),
    ("order", "No yes was said by the employee until the order had been booked.", (9, 11)),
    ("number", "Six minutes and five seconds went by until the employee answered.", (8, 9)),
    ("number", "After the refusal it took forty seconds until the agent asked whether to wait.", (7, 8)),
    ("number", "Cages 41, 44 and 43 were to be weighed.", (3,)),
    ("number", "Three and a half kg of millet were to be ordered.", (3,)),
    ("number", "The scale drifts by minus six.", (5,)),
    ("number", "On 9 May it was 377 g, less than before by 45 g.", (5,)),
    ("polarity", "377 g was above the 412 g of 2 May.", (5,)),
    ("number", "Together the two bags hold 2600 g.", (11,)),
    ("number", "More than five thousand g were left.", (11,)),
    ("number", "Leaflet eight came with the order.", (11,)),
    ("number", "On May 19th the weight was 377 g.", (5,)),
    ("number", "The next slot was forty minutes away.", (7,)),
    ("number", "The next slot was eight hundred seconds away.", (7,)),
    ("entity", "cage-43 had 412 g on 2 May.", (4, 5)),
    ("time", "The employee answered after four minutes, 4:15 to be exact.", (8, 9)),
    ("number", "Five days earlier the agent had noted that there should be no seeds after a fast.", (2,)),
    ("number", "The question to the employee took almost a minute and a half to be answered.", (8, 9)),
    ("number", "Millet was ordered first in nine and then in six seconds.", (6, 7, 10, 11)),
    ("order", "The order was booked before the employee had said yes.", (9, 11)),
    ("entity", "The failure of order_feed came twelve seconds after the agent's question.", (7, 8)),
]


@pytest.mark.parametrize(("sentence", "cites"), AVIARY_RIGHT)
def test_lengths_of_time_amounts_and_dates_may_be_put_in_other_words(sentence: str, cites: tuple[int, ...]) -> None:
    assert judged(sentence, cites, AVIARY) == []


@pytest.mark.parametrize(("rule", "sentence", "cites"), AVIARY_WRONG)
def test_other_lengths_of_time_amounts_and_dates_are_refused(rule: str, sentence: str, cites: tuple[int, ...]) -> None:
    assert rule in judged(sentence, cites, AVIARY)


FERRY = read_trace("""\
session ferry-desk
07:00:00 system: Confirm no group before its deposit is in. Write to the harbour office after each sailing.
07:00:01 agent may use sailings (read-only), book_group (writes), send_note (writes)
07:00:05 operator "lotte": Book the rowing club on the noon sailing, but ask me before paying anything.
07:00:08 agent calls sailings(day="Friday") as s1
07:00:10 s1 returns from sailings by internal: noon 40 places, evening 12 places
07:00:14 agent calls book_group(name="rowing club", sailing="evening") as s2
07:00:44 s2 fails from book_group: too few places
07:00:50 agent calls book_group(name="rowing club", sailing="noon") as s3
07:00:52 s3 returns from book_group: group 61 booked
07:00:55 agent remembers "rowing club": prefers the upper deck
07:01:10 alert berthwatch medium "Two groups on one sailing": noon
07:01:15 agent answers: Group 61 has the noon sailing.
""")
FERRY_RIGHT = [
    ("After the result of sailings, the rowing club was asked for on the evening sailing.", (6, 7)),
    ("The noon sailing was booked for the club before the alert of berthwatch.", (9, 10, 12)),
    ("First came the entry of 'rowing club' in memory, and then the answer spoke of group 61.", (11, 13)),
    ("The two attempts differ: the earlier one failed, with too few places.", (7, 8, 9, 10)),
    ("lotte wants to be asked before anything is paid.", (4,)),
    ("Under the system prompt, a note goes to the harbour office after each sailing.", (2,)),
    ("The agent booked the club on the noon sailing six seconds after the evening had been refused.", (7, 8, 9)),
    ("The deposit has to be in before a group is confirmed.", (2,)),
    ("The agent had three tools at hand before the result of sailings.", (3, 6)),
]
FERRY_WRONG = [
    ("After the alert of berthwatch, the noon sailing was booked for the club.", (9, 10, 12)),
    ("First came the result of sailings, and then the agent had three tools at hand.", (3, 6)),
    ("The rowing club was put on the noon sailing, and only after that came the result of sailings.", (6, 9, 10)),
    ("First came the entry of 'rowing club' in memory, and then lotte wanted the club on the noon sailing.", (4, 11)),
    ("The two attempts differ: the later one failed, with too few places.", (7, 8, 9, 10)),
    ("lotte wants to be asked after anything is paid.", (4,)),
    ("Under the system prompt, a note goes to the harbour office before each sailing.", (2,)),
    ("The agent booked the club on the noon sailing six seconds before the evening had been refused.", (7, 8, 9)),
    ("The agent looked up the sailings after booking anything.", (5, 6)),
    ("The evening sailing was refused before 30 seconds.", (7, 8)),
]


@pytest.mark.parametrize(("sentence", "cites"), FERRY_RIGHT)
def test_what_is_named_by_its_kind_and_orders_in_texts_are_accepted(sentence: str, cites: tuple[int, ...]) -> None:
    assert not judged(sentence, cites, FERRY)


@pytest.mark.parametrize(("sentence", "cites"), FERRY_WRONG)
def test_what_is_named_by_its_kind_and_orders_in_texts_are_not_turned(sentence: str, cites: tuple[int, ...]) -> None:
    assert "order" in judged(sentence, cites, FERRY)


QUARRY = read_trace("""\
session quarry
07:00:00 employee "pit.lead": Weigh the lorries of January, at most 8 a day for 3 months.
agent may use weigh (read-only), list_lorries (read-only), book_slot (writes)
07:00:05 agent calls list_lorries(month="2026-01") as q1
07:00:09 q1 returns by internal: 9 lorries, 4 of them empty; gravel 310 t, sand 290 t
07:00:12 agent calls book_slot(lorry=9, tonnes=2450) as q2
07:00:14 agent calls book_slot(lorry=4, tonnes=2450) as q3
07:00:20 database sqlite 6 rows: SELECT slot FROM yard
07:00:21 lost 11 events at "yard tap"
""")
QUARRY_RIGHT = [
    ("Nine lorries were listed, and four of them were empty.", (4, 5)),
    ("Of the nine lorries four were empty.", (4, 5)),
    ("Slots for 4900 tonnes altogether were booked for lorries 9 and 4.", (6, 7)),
    ("Six rows were read from sqlite.", (8,)),
    ("Eleven events were lost at the yard tap.", (9,)),
    ("The agent had three tools.", (3,)),
    ("The lorries were to be weighed for three months.", (2,)),
    ("There was more gravel than sand, by 20 t.", (5,)),
]
QUARRY_WRONG = [
    # another number is counted beside the noun, in words as in digits
    ("number", "Two lorries were listed, and four of them were empty.", (4, 5)),
    ("number", "Of the two lorries four were empty.", (4, 5)),
    ("number", "Two rows were read from sqlite.", (8,)),
    ("number", "Two events were lost at the yard tap.", (9,)),
    ("number", "Of the two tools of the agent one writes.", (3,)),
    # a month is a length of time
    ("number", "The lorries were to be weighed for two months.", (2,)),
    # no sum that nothing near says
    (
        "number",
        "With 600 t of gravel there was, as the list says of the month of January, more of it than of sand.",
        (5,),
    ),
    # a month is no day of it
    ("number", "January's 31 lorries were listed.", (4, 5)),
    # a time is no length that begins with a zero
    ("time", "The lorries were listed at 00:04.", (4, 5)),
]


@pytest.mark.parametrize(("sentence", "cites"), QUARRY_RIGHT)
def test_what_is_counted_may_be_told_in_words(sentence: str, cites: tuple[int, ...]) -> None:
    assert judged(sentence, cites, QUARRY) == []


@pytest.mark.parametrize(("rule", "sentence", "cites"), QUARRY_WRONG)
def test_what_is_counted_otherwise_is_refused(rule: str, sentence: str, cites: tuple[int, ...]) -> None:
    assert rule in judged(sentence, cites, QUARRY)
