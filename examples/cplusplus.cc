/* SPDX-License-Identifier: MIT */
/*
 * klock from C++: guards work as they are, and a class of a few lines makes a
 * lock that std::unique_lock and std::shared_lock take.
 *
 * Output:
 *	4 threads counted to 4000
 *	the writer is alone: no reader, no second writer
 *	two readers at once
 */
#include <cstdio>
#include <klock.h>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

static DEFINE_MUTEX(lock); // of count
static int count;

static void work()
{
	for (int i = 0; i < 1000; i++) {
		guard(mutex)(&lock); // given up where the block ends
		count++;
	}
}

// What the standard library calls SharedMutex.
class shared_lockable {
public:
	shared_lockable() { init_rwsem(&sem); }
	~shared_lockable() { klock_rwsem_destroy(&sem); }
	shared_lockable(const shared_lockable &) = delete;
	shared_lockable &operator=(const shared_lockable &) = delete;

	// What std::unique_lock does with them, clang -Wthread-safety does not know.
	void lock() KLOCK_NO_ANALYSIS { down_write(&sem); }
	bool try_lock() { return down_write_trylock(&sem); }
	void unlock() KLOCK_NO_ANALYSIS { up_write(&sem); }
	void lock_shared() KLOCK_NO_ANALYSIS { down_read(&sem); }
	bool try_lock_shared() { return down_read_trylock(&sem); }
	void unlock_shared() KLOCK_NO_ANALYSIS { up_read(&sem); }

private:
	struct rw_semaphore sem;
};

int main()
{
	std::vector<std::thread> threads;

	threads.reserve(4);
	for (int i = 0; i < 4; i++)
		threads.emplace_back(work);
	for (auto &thread : threads)
		thread.join();
	std::printf("4 threads counted to %d\n", count);

	shared_lockable sem;
	{
		std::unique_lock<shared_lockable> writer(sem);

		if (!sem.try_lock() && !sem.try_lock_shared())
			std::printf("the writer is alone: no reader, no second writer\n");
	}
	std::shared_lock<shared_lockable> first(sem), second(sem, std::try_to_lock);

	if (first && second)
		std::printf("two readers at once\n");
	return 0;
}
