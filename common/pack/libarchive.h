/* libarchive, loaded when something is compressed or read compressed: it brings a dozen libraries with it, whose
 * loading costs more than all that a program does which meets no archive. */
#ifndef CP_PACK_LIBARCHIVE_H
#define CP_PACK_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#define LIBARCHIVE_FUNCTIONS(F) \
	F(archive_errno) \
	F(archive_error_string) \
	F(archive_filter_code) \
	F(archive_entry_new) \
	F(archive_entry_free) \
	F(archive_entry_set_filetype) \
	F(archive_entry_set_pathname) \
	F(archive_entry_set_size) \
	F(archive_entry_set_perm) \
	F(archive_entry_set_mtime) \
	F(archive_entry_filetype) \
	F(archive_entry_pathname) \
	F(archive_entry_hardlink) \
	F(archive_entry_symlink) \
	F(archive_entry_perm) \
	F(archive_entry_size) \
	F(archive_entry_size_is_set) \
	F(archive_entry_sparse_count) \
	F(archive_read_new) \
	F(archive_read_free) \
	F(archive_read_open) \
	F(archive_read_open_fd) \
	F(archive_read_next_header) \
	F(archive_read_data) \
	F(archive_read_support_filter_gzip) \
	F(archive_read_support_filter_zstd) \
	F(archive_read_support_format_raw) \
	F(archive_read_support_format_tar) \
	F(archive_write_new) \
	F(archive_write_open) \
	F(archive_write_finish_entry) \
	F(archive_write_set_format_pax_restricted) \
	F(archive_write_free) \
	F(archive_write_open_fd) \
	F(archive_write_header) \
	F(archive_write_data) \
	F(archive_write_close) \
	F(archive_write_add_filter_zstd) \
	F(archive_write_set_format_raw) \
	F(archive_write_set_bytes_in_last_block)

struct libarchive {
#define FUNCTION(name) __typeof__(&(name))(name);
	LIBARCHIVE_FUNCTIONS(FUNCTION)
#undef FUNCTION
};

/* Ends the process with status 4 when it cannot be loaded. */
const struct libarchive *libarchive(void);

#endif
