// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pretended hypervisor, and clients that speak the wire protocol.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit_test.h"
#include "domain.h"
#include "journal.h"
#include "ring.h"
#include "socket.h"
#include "world.h"
#include "xen.h"

#define DOM_EXC_PORT 1
#define LOCAL_PORT(domid) (10 + (int)(domid))

struct world *world;
struct server server;
int xs_errno;

void world_init(unsigned int nr)
{
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(world != MAP_FAILED);
	world->ticks_left = -1;
	for (unsigned int i = 0; i <= nr; i++) {
		struct world_domain *d = &world->domain[i];

		d->exists = d->can_map = true;
		memset(d->handle, (int)i, sizeof(d->handle));
	}
}

void tick(void)
{
	if (world && world->ticks_left >= 0 && world->ticks_left-- == 0)
		_exit(77);
}

bool dies_at(long n, void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0) {
		world->ticks_left = n;
		fn();
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	world->ticks_left = -1;
	/* the death of a process unbinds its ports */
	for (unsigned int i = 0; i < WORLD_DOMAINS; i++)
		world->domain[i].is_bound = false;
	EXPECT(WIFEXITED(status));
	EXPECT(WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 77;
}

/* ---- xen.h ---- */

int xen_open(const char **what)
{
	*what = "nothing";
	return 0;
}

int xen_event_fd(void)
{
	return -1;
}

size_t xen_read_ports(uint32_t *ports, size_t max)
{
	(void)ports;
	(void)max;
	return 0;
}

int xen_bind_interdomain(unsigned int domid, uint32_t remote_port)
{
	struct world_domain *d = &world->domain[domid];

	if (domid >= WORLD_DOMAINS || !d->exists || d->is_bound ||
	    remote_port != (uint32_t)WORLD_PORT(domid))
		return -EINVAL;
	d->is_bound = true;
	return LOCAL_PORT(domid);
}

int xen_bind_dom_exc(void)
{
	return DOM_EXC_PORT;
}

void xen_unbind(int port)
{
	world->domain[port - LOCAL_PORT(0)].is_bound = false;
}

void (*world_when_notified)(unsigned int domid);

void xen_notify(int port)
{
	unsigned int domid = (unsigned int)(port - LOCAL_PORT(0));

	tick();
	world->domain[domid].notified++;
	if (world_when_notified)
		world_when_notified(domid);
	tick();
}

int xen_map_ring(unsigned int domid, struct xenstore_domain_interface **out)
{
	if (domid >= WORLD_DOMAINS || !world->domain[domid].exists ||
	    !world->domain[domid].can_map)
		return -EINVAL;
	*out = &world->domain[domid].page;
	return 0;
}

void xen_unmap_ring(struct xenstore_domain_interface *page)
{
	(void)page;
}

int xen_map_own_ring(struct xenstore_domain_interface **out, uint32_t *port)
{
	*port = WORLD_PORT(0);
	return xen_map_ring(0, out);
}

void xen_unmap_own_ring(struct xenstore_domain_interface *page)
{
	(void)page;
}

int xen_list_domains(unsigned int first, struct xen_domain *out, size_t max)
{
	size_t nr = 0;

	for (unsigned int i = first; i < WORLD_DOMAINS && nr < max; i++) {
		const struct world_domain *d = &world->domain[i];

		if (!d->exists)
			continue;
		out[nr].domid = (uint16_t)i;
		out[nr].is_dying = d->is_dying;
		out[nr].has_shut_down = d->has_shut_down;
		memcpy(out[nr].handle, d->handle, sizeof(d->handle));
		nr++;
	}
	return (int)nr;
}

/* ---- the daemon ---- */

static char scratch[64];

static void remove_scratch(void)
{
	char cmd[128];

	if (!scratch[0])
		return;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", scratch);
	if (system(cmd))
		perror(scratch);
	scratch[0] = '\0';
}

const char *scratch_dir(void)
{
	static bool is_registered;

	remove_scratch();
	strcpy(scratch, "/tmp/xenstored-test.XXXXXX");
	EXPECT(mkdtemp(scratch) != NULL);
	if (!is_registered)
		atexit(remove_scratch);
	is_registered = true;
	return scratch;
}

void daemon_start(const char *dir)
{
	struct journal_options jo = {.dir = dir,
				     .boot_id = "this boot",
				     .log_bytes = 64 << 10,
				     .no_mmap = true,
				     .tdb_buckets = 13};
	bool damaged;

	memset(&server, 0, sizeof(server));
	EXPECT_EQ(server_init(&server, true), 0);
	if (dir) {
		EXPECT_EQ(journal_open(&jo, &server.store.journal, &damaged),
			  0);
		EXPECT(!damaged);
		EXPECT_EQ(server_restore(&server), 0);
	}
	EXPECT_EQ(domain_init_own(&server), 0);
	daemon_run();
}

void daemon_stop(void)
{
	server_fini(&server);
}

void daemon_run(void)
{
	int turns = 0;

	do {
		EXPECT(turns++ < 10000);
		server_turn(&server);
	} while (!list_empty(&server.ready) || !list_empty(&server.dirty));
}

/* ---- clients ---- */

static struct answer kept[256];
static size_t nr_kept, first_kept;

struct client client_socket(bool is_read_only)
{
	struct client c = {.domid = DOMID_NONE};
	int fds[2];

	EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	c.conn = socket_add(&server, fds[0], is_read_only);
	EXPECT(c.conn != NULL);
	c.fd = fds[1];
	return c;
}

struct client client_domain(unsigned int domid)
{
	struct client c = {.fd = -1, .domid = domid};

	return c;
}

void client_close(struct client *c)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	c->conn->may_read = true;
	server_mark_ready(&server, c->conn);
	daemon_run();
}

static void run_for(struct client *c)
{
	if (c->fd >= 0) {
		c->conn->may_read = true;
		server_mark_ready(&server, c->conn);
	} else {
		domain_event(&server, (uint32_t)LOCAL_PORT(c->domid));
	}
	daemon_run();
}

static void ring_write(struct client *c, const char *p, size_t len)
{
	struct world_domain *d = &world->domain[c->domid];
	struct xenstore_domain_interface *page = &d->page;
	int patience = 100;

	while (len) {
		uint32_t cons = page->req_cons;

		if (d->req_prod - cons == XENSTORE_RING_SIZE) {
			EXPECT(patience-- > 0);
			run_for(c);
			continue;
		}
		page->req[MASK_XENSTORE_IDX(d->req_prod)] = *p++;
		d->req_prod++;
		len--;
		__atomic_store_n(&page->req_prod, d->req_prod,
				 __ATOMIC_RELEASE);
	}
	run_for(c);
}

void client_write(struct client *c, const void *data, size_t len)
{
	if (c->fd < 0) {
		ring_write(c, data, len);
		return;
	}
	EXPECT_EQ(send(c->fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
	run_for(c);
}

void client_send(struct client *c, uint32_t type, uint32_t tx, const void *data,
		 size_t len)
{
	char buf[XS_MESSAGE_MAX];
	struct xsd_sockmsg h = {type, 0x1234, tx, (uint32_t)len};

	memcpy(buf, &h, sizeof(h));
	if (len)
		memcpy(buf + sizeof(h), data, len);
	client_write(c, buf, sizeof(h) + len);
}

/* Up to @len bytes from the ring; what is there. */
static size_t ring_read(struct client *c, char *p, size_t len)
{
	struct world_domain *d = &world->domain[c->domid];
	size_t n = 0;

	while (n < len) {
		if (d->page.rsp_prod == d->rsp_cons) {
			run_for(c);
			if (d->page.rsp_prod == d->rsp_cons)
				break;
		}
		p[n++] = d->page.rsp[MASK_XENSTORE_IDX(d->rsp_cons)];
		d->rsp_cons++;
		d->page.rsp_cons = d->rsp_cons;
	}
	return n;
}

static size_t read_some(struct client *c, char *p, size_t len)
{
	size_t n = 0;

	if (c->fd < 0)
		return ring_read(c, p, len);
	while (n < len) {
		ssize_t r = recv(c->fd, p + n, len - n, MSG_DONTWAIT);

		if (r <= 0) {
			if (r < 0 && conn_pending(c->conn)) {
				server_mark_dirty(&server, c->conn);
				daemon_run();
				continue;
			}
			break;
		}
		n += (size_t)r;
	}
	return n;
}

bool client_receive(struct client *c, struct answer *a)
{
	struct xsd_sockmsg h;
	size_t n = read_some(c, (char *)&h, sizeof(h));

	if (!n)
		return false;
	EXPECT_EQ(n, sizeof(h));
	EXPECT(h.len <= XENSTORE_PAYLOAD_MAX);
	EXPECT_EQ(read_some(c, a->data, h.len), h.len);
	a->type = h.type;
	a->req_id = h.req_id;
	a->tx_id = h.tx_id;
	a->len = h.len;
	a->data[h.len] = '\0';
	return true;
}

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {
		{"EINVAL", EINVAL}, {"EACCES", EACCES}, {"EEXIST", EEXIST},
		{"ENOENT", ENOENT}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC},
		{"EIO", EIO},	    {"ENOSYS", ENOSYS}, {"EROFS", EROFS},
		{"EBUSY", EBUSY},   {"EAGAIN", EAGAIN}, {"E2BIG", E2BIG},
		{"EPERM", EPERM},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			return names[i].err;
	unit_test_fail(__FILE__, __LINE__, "unknown error %s", name);
}

int ask(struct client *c, uint32_t type, uint32_t tx, const void *data,
	size_t len, struct answer *a)
{
	client_send(c, type, tx, data, len);
	for (;;) {
		EXPECT(client_receive(c, a));
		if (a->type != XS_WATCH_EVENT)
			break;
		EXPECT(nr_kept < 256);
		kept[(first_kept + nr_kept++) % 256] = *a;
	}
	EXPECT_EQ(a->req_id, 0x1234);
	EXPECT_EQ(a->tx_id, tx);
	if (a->type == XS_ERROR)
		return -errno_of(a->data);
	EXPECT_EQ(a->type, type);
	return 0;
}

const char *client_event(struct client *c)
{
	static struct answer a;
	size_t n;

	if (nr_kept) {
		a = kept[first_kept++ % 256];
		nr_kept--;
	} else {
		run_for(c);
		if (!client_receive(c, &a))
			return NULL;
	}
	EXPECT_EQ(a.type, XS_WATCH_EVENT);
	EXPECT_EQ(a.req_id, 0);
	EXPECT_EQ(a.tx_id, 0);
	n = strlen(a.data);
	EXPECT_EQ(n + 1 + strlen(a.data + n + 1) + 1, a.len);
	a.data[n] = ' ';
	return a.data;
}

void client_drop_events(void)
{
	nr_kept = 0;
}

static struct answer last;

int xs_write(struct client *c, uint32_t tx, const char *path, const char *value)
{
	char buf[XENSTORE_PAYLOAD_MAX];
	size_t n = strlen(path) + 1, v = strlen(value);

	memcpy(buf, path, n);
	memcpy(buf + n, value, v);
	return ask(c, XS_WRITE, tx, buf, n + v, &last);
}

int xs_op(struct client *c, uint32_t type, uint32_t tx, const char *path)
{
	return ask(c, type, tx, path, strlen(path) + 1, &last);
}

const char *xs_read(struct client *c, uint32_t tx, const char *path)
{
	xs_errno = -xs_op(c, XS_READ, tx, path);
	return xs_errno ? NULL : last.data;
}

const char *xs_list(struct client *c, uint32_t tx, const char *path)
{
	xs_errno = -xs_op(c, XS_DIRECTORY, tx, path);
	if (xs_errno)
		return NULL;
	for (size_t i = 0; i + 1 < last.len; i++)
		if (!last.data[i])
			last.data[i] = ' ';
	return last.data;
}

/* Words to strings, in place of spaces NULs. */
static size_t words(char *to, const char *from)
{
	size_t n = strlen(from);

	memcpy(to, from, n + 1);
	for (size_t i = 0; i < n; i++)
		if (to[i] == ' ')
			to[i] = '\0';
	return n + 1;
}

int xs_perms(struct client *c, uint32_t tx, const char *path, const char *perms)
{
	char buf[XENSTORE_PAYLOAD_MAX];
	size_t n = words(buf, path);

	n += words(buf + n, perms);
	return ask(c, XS_SET_PERMS, tx, buf, n, &last);
}

int xs_watch(struct client *c, const char *path, const char *token)
{
	char buf[XENSTORE_PAYLOAD_MAX];
	size_t n = words(buf, path);

	n += words(buf + n, token);
	return ask(c, XS_WATCH, 0, buf, n, &last);
}

uint32_t xs_start(struct client *c)
{
	xs_errno = -ask(c, XS_TRANSACTION_START, 0, "", 1, &last);
	return xs_errno ? 0 : (uint32_t)strtoul(last.data, NULL, 10);
}

int xs_end(struct client *c, uint32_t tx, bool commit)
{
	return ask(c, XS_TRANSACTION_END, tx, commit ? "T" : "F", 2, &last);
}

int xs_introduce(struct client *c, unsigned int domid)
{
	char text[64], buf[64];

	snprintf(text, sizeof(text), "%u 4711 %u", domid, WORLD_PORT(domid));
	return ask(c, XS_INTRODUCE, 0, buf, words(buf, text), &last);
}

const char *xs_control(struct client *c, const char *text)
{
	char buf[XENSTORE_PAYLOAD_MAX];

	xs_errno = -ask(c, XS_CONTROL, 0, buf, words(buf, text), &last);
	return xs_errno ? NULL : last.data;
}
