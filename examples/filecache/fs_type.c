/* SPDX-License-Identifier: MIT */
/* Lock classes of a kind of image. */
#include "fs.h"

#include <klock/lockdep.h>

void image_set_fs_type(struct image *image, struct file_system_type *type)
{
	uint32_t i;

	for (i = 0; i < image->nr_inodes; i++) {
		struct inode *inode = &image->inodes[i];

		lockdep_set_class_and_name(&inode->i_rwsem, &type->i_rwsem_key,
					   type->i_rwsem_name);
		lockdep_set_class_and_name(&inode->i_data.invalidate_lock,
					   &type->invalidate_lock_key, type->invalidate_lock_name);
	}
}
