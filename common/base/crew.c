#include "base/crew.h"

#include "base/buf.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct crew {
	void **slot;
	bool *done;
	size_t n;
	uint64_t head, next, tail; /* submitted, handed out, taken back: counts */
	void (*work)(void *slot);
	pthread_mutex_t lock;
	pthread_cond_t more, finished;
	pthread_t *thread;
	unsigned threads;
	bool closing;
};

static void *worker(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		size_t at;

		while (c->next == c->head && !c->closing)
			pthread_cond_wait(&c->more, &c->lock);
		if (c->next == c->head)
			break;
		at = (size_t)(c->next++ % c->n);
		pthread_mutex_unlock(&c->lock);
		c->work(c->slot[at]);
		pthread_mutex_lock(&c->lock);
		c->done[at] = true;
		pthread_cond_signal(&c->finished);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct crew *crew_open(unsigned jobs, void **slot, size_t n, void (*work)(void *slot))
{
	struct crew *c = xcalloc(1, sizeof *c);
	int error = 0;

	c->slot = slot;
	c->done = xcalloc(n, sizeof *c->done);
	c->n = n;
	c->work = work;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	pthread_cond_init(&c->finished, NULL);
	c->thread = xcalloc(jobs, sizeof *c->thread);
	while (c->threads < jobs && !(error = pthread_create(&c->thread[c->threads], NULL, worker, c)))
		c->threads++;
	if (error && !c->threads) {
		crew_close(c);
		errno = error;
		return NULL;
	}
	return c;
}

void *crew_slot(struct crew *c)
{
	return c->head - c->tail < c->n ? c->slot[c->head % c->n] : NULL;
}

void crew_submit(struct crew *c)
{
	if (!c->threads) {
		c->work(c->slot[c->head % c->n]);
		c->done[c->head % c->n] = true;
		c->head++;
		return;
	}
	pthread_mutex_lock(&c->lock);
	c->head++;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
}

void *crew_take(struct crew *c, bool wait)
{
	size_t at = (size_t)(c->tail % c->n);
	void *slot = NULL;

	pthread_mutex_lock(&c->lock);
	while (wait && c->tail < c->head && !c->done[at])
		pthread_cond_wait(&c->finished, &c->lock);
	if (c->tail < c->head && c->done[at])
		slot = c->slot[at];
	pthread_mutex_unlock(&c->lock);
	return slot;
}

void crew_release(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->done[c->tail++ % c->n] = false;
	pthread_mutex_unlock(&c->lock);
}

void crew_close(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_broadcast(&c->more);
	pthread_mutex_unlock(&c->lock);
	while (c->threads)
		pthread_join(c->thread[--c->threads], NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->more);
	pthread_cond_destroy(&c->finished);
	free(c->thread);
	free(c->done);
	free(c);
}

unsigned crew_jobs(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}
