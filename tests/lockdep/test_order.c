/* SPDX-License-Identifier: MIT */
/* Declared orders: what they forbid from the first acquisition on, and whom they name. */
#include "lockdep/order.h"
#include "lockdep/verdict.h"
#include "support/ck_main.h"

struct inode {
	struct rw_semaphore i_rwsem;
	struct mutex i_lock;
};

static struct inode the_inode, other_inode;
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_MUTEX(third);
static DEFINE_MUTEX(stray);

LOCKDEP_ORDER("first", "second", "third");

static void init_inode(struct inode *inode)
{
	init_rwsem(&inode->i_rwsem);
	mutex_init(&inode->i_lock);
}

static void setup(void)
{
	verdict_setup();
	init_inode(&the_inode);
	init_inode(&other_inode);
}

START_TEST(order_as_declared_is_silent)
{
	nest(&first, &second);
	nest(&second, &third);
	nest(&first, &third);
	expect_silence();
}
END_TEST

START_TEST(order_against_declaration_is_reported_at_first_sight)
{
	nest(&second, &first);
	expect_report();
	nest(&second, &first); /* once */
	expect_silence();
}
END_TEST

START_TEST(order_against_declaration_is_reported_past_a_name_without_locks)
{
	nest(&third, &first); /* nobody has taken the second yet */
	expect_report();
}
END_TEST

START_TEST(order_against_declaration_is_reported_over_other_locks)
{
	mutex_lock(&third);
	mutex_lock(&stray);
	mutex_lock(&first); /* its edge is from the stray one */
	expect_report();
	mutex_unlock(&first);
	mutex_unlock(&stray);
	mutex_unlock(&third);
}
END_TEST

START_TEST(order_that_is_tried_is_not_reported)
{
	mutex_lock(&second);
	ck_assert(mutex_trylock(&first));
	mutex_unlock(&first);
	mutex_unlock(&second);
	expect_silence();
}
END_TEST

START_TEST(order_under_a_tried_lock_is_reported)
{
	ck_assert(mutex_trylock(&second));
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	expect_report();
}
END_TEST

START_TEST(order_closes_a_circle_with_what_is_seen)
{
	nest(&third, &stray);
	expect_silence();
	nest(&stray, &first);
	expect_report();
}
END_TEST

START_TEST(order_holds_for_locks_that_come_later)
{
	klock_lockdep_order("inode.i_rwsem", "inode.i_lock");
	mutex_lock(&the_inode.i_lock);
	down_read(&the_inode.i_rwsem);
	expect_report();
	up_read(&the_inode.i_rwsem);
	mutex_unlock(&the_inode.i_lock);
}
END_TEST

START_TEST(order_is_checked_on_a_chain_that_was_known)
{
	nest(&second, &third);
	nest(&stray, &third);
	klock_lockdep_order("stray", "second");
	expect_silence();
	nest(&second, &third);
	nest(&stray, &third);
	nest(&stray, &second);
	expect_silence();
	nest(&second, &stray);
	expect_report();
}
END_TEST

START_TEST(order_of_the_other_level_is_another)
{
	klock_lockdep_order("inode.i_lock", "inode.i_lock/1");
	mutex_lock(&the_inode.i_lock);
	mutex_lock_nested(&other_inode.i_lock, SINGLE_DEPTH_NESTING);
	mutex_unlock(&other_inode.i_lock);
	mutex_unlock(&the_inode.i_lock);
	expect_silence();
	mutex_lock_nested(&the_inode.i_lock, SINGLE_DEPTH_NESTING);
	mutex_lock(&other_inode.i_lock);
	mutex_unlock(&other_inode.i_lock);
	mutex_unlock(&the_inode.i_lock);
	expect_report();
}
END_TEST

START_TEST(order_of_a_pattern_is_of_all_its_classes_and_not_among_them)
{
	klock_lockdep_order("inode.*", "stray");
	down_write(&the_inode.i_rwsem);
	mutex_lock(&the_inode.i_lock);
	mutex_lock(&stray);
	mutex_unlock(&stray);
	mutex_unlock(&the_inode.i_lock);
	up_write(&the_inode.i_rwsem);
	expect_silence();
	nest(&stray, &the_inode.i_lock);
	expect_report();
}
END_TEST

START_TEST(declaration_against_another_is_reported)
{
	klock_lockdep_order("third", "first");
	expect_report();
	nest(&first, &second); /* the earlier one holds */
	expect_silence();
	nest(&second, &first);
	expect_report();
}
END_TEST

START_TEST(declaration_of_a_name_before_itself_is_reported)
{
	klock_lockdep_order("x", "y", "x");
	expect_report();
}
END_TEST

START_TEST(declaration_against_what_was_seen_is_reported_and_holds)
{
	nest(&stray, &first);
	klock_lockdep_order("first", "stray");
	expect_report();
	nest(&stray, &second);
	expect_silence(); /* second and stray have no order */
	klock_lockdep_order("second", "stray");
	expect_report();
	nest(&third, &stray);
	expect_silence();
}
END_TEST

START_TEST(class_with_two_names_of_one_order_is_reported)
{
	klock_lockdep_order("inode.*", "inode.i_l*");
	expect_silence();
	nest(&stray, &the_inode.i_lock);
	expect_report();
}
END_TEST

static const char *const late_names[] = { "third", "stray", NULL };
static struct klock_order late = { late_names, __FILE__, __LINE__, false, NULL };

START_TEST(declaration_that_is_taken_back_holds_no_more)
{
	klock_lockdep_order_add(&late);
	nest(&stray, &third);
	expect_report();
	klock_lockdep_order_del(&late);
	klock_lockdep_reset();
	nest(&stray, &third);
	expect_silence();
	klock_lockdep_order_add(&late);
	expect_report(); /* and against it, when it comes back */
}
END_TEST

START_TEST(declaration_survives_a_reset)
{
	nest(&first, &second);
	klock_lockdep_reset();
	nest(&second, &first);
	expect_report();
}
END_TEST

START_TEST(name_is_compared_as_people_write_it)
{
	struct klock_class class = { .name = "&inode->i_data.i_pages" };
	char plain[KLOCK_ORDER_NAME];
	struct klock_order_name name = { .plain = plain };
	static const struct {
		const char *declared;
		bool match;
	} rows[] = {
		{ "&inode->i_data.i_pages", true }, { "inode.i_data.i_pages", true },
		{ "inode->i_data->i_pages", true }, { "*.i_pages", true },
		{ "inode.i_[a-d]ata.*", true },     { "inode.i_data", false },
		{ "i_pages", false },               { "inode.i_data.i_pages/1", false },
		{ "&&inode.i_data.i_pages", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		klock_order_plain(rows[i].declared, plain, sizeof(plain));
		ck_assert_msg(klock_order_matches(&name, &class) == rows[i].match, "%s",
			      rows[i].declared);
	}
	/* Itself, though as a pattern it is another. */
	class.name = "&locks[i]";
	klock_order_plain("locks[i]", plain, sizeof(plain));
	ck_assert(klock_order_matches(&name, &class));
}
END_TEST

static Suite *order_suite(void)
{
	Suite *suite = suite_create("order");
	TCase *tc = tcase_create("order");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, order_as_declared_is_silent);
	tcase_add_test(tc, order_against_declaration_is_reported_at_first_sight);
	tcase_add_test(tc, order_against_declaration_is_reported_past_a_name_without_locks);
	tcase_add_test(tc, order_against_declaration_is_reported_over_other_locks);
	tcase_add_test(tc, order_that_is_tried_is_not_reported);
	tcase_add_test(tc, order_under_a_tried_lock_is_reported);
	tcase_add_test(tc, order_closes_a_circle_with_what_is_seen);
	tcase_add_test(tc, order_holds_for_locks_that_come_later);
	tcase_add_test(tc, order_is_checked_on_a_chain_that_was_known);
	tcase_add_test(tc, order_of_the_other_level_is_another);
	tcase_add_test(tc, order_of_a_pattern_is_of_all_its_classes_and_not_among_them);
	tcase_add_test(tc, declaration_against_another_is_reported);
	tcase_add_test(tc, declaration_of_a_name_before_itself_is_reported);
	tcase_add_test(tc, declaration_against_what_was_seen_is_reported_and_holds);
	tcase_add_test(tc, class_with_two_names_of_one_order_is_reported);
	tcase_add_test(tc, declaration_that_is_taken_back_holds_no_more);
	tcase_add_test(tc, declaration_survives_a_reset);
	tcase_add_test(tc, name_is_compared_as_people_write_it);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(order_suite())
