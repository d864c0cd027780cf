/* The crew: in order whatever the number of threads, each slot worked on once, the ring never overrun. */
#include "base/crew.h"
#include "unit.h"

#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

enum { SLOTS = 5, ITEMS = 2000 };

struct item {
	unsigned number, worked;
};

static atomic_uint busy, busiest;

static void work(void *slot)
{
	struct item *it = slot;
	unsigned now = ++busy;

	if (now > busiest)
		busiest = now;
	if (it->number % 97 == 0)
		usleep(200);
	it->worked++;
	busy--;
}

static void run(unsigned jobs)
{
	struct item items[SLOTS] = {{0, 0}};
	void *slot[SLOTS];
	struct crew *c;
	struct item *it;
	unsigned sent = 0, back = 0, wrong = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		slot[i] = &items[i];
	c = crew_open(jobs, slot, SLOTS, work);
	CHECK(c != NULL);
	while (back < ITEMS) {
		it = sent < ITEMS ? crew_slot(c) : NULL;
		if (it) {
			*it = (struct item){sent++, 0};
			crew_submit(c);
		}
		CHECK(sent - back <= SLOTS);
		it = crew_take(c, !it);
		if (!it)
			continue;
		wrong += it->number != back++ || it->worked != 1;
		crew_release(c);
	}
	CHECK(crew_take(c, true) == NULL);
	CHECK_INT(wrong, 0);
	crew_close(c);
}

int main(void)
{
	run(0);
	run(1);
	run(3);
	run(8);
	CHECK(busiest >= 1);
	CHECK(crew_jobs() >= 1);
	crew_close(NULL);
	return unit_done();
}
