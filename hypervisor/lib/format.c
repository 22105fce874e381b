/* SPDX-License-Identifier: GPL-2.0-only */
/* printf formatting into a buffer: the subset hv/printk.h names. */
#include <hv/format.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/symbols.h>

struct out {
	char *buf;
	size_t size, len;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

struct spec {
	bool left, zero, prefix; /* prefix: 0x before hexadecimal */
	int width, precision;	 /* precision -1: none */
};

static void put_padded(struct out *o, const char *s, int len,
		       const struct spec *sp)
{
	int pad = sp->width - len;

	for (; !sp->left && pad > 0; pad--)
		put(o, sp->zero ? '0' : ' ');
	for (; len > 0; len--)
		put(o, *s++);
	for (; pad > 0; pad--)
		put(o, ' ');
}

static void put_number(struct out *o, uint64_t v, unsigned int base,
		       bool negative, bool upper, const struct spec *sp)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[32];
	int n = 0, at = sizeof(tmp);
	struct spec s = *sp;

	do {
		tmp[--at] = digits[v % base];
		v /= base;
		n++;
	} while (v);
	while (n < sp->precision && n < 20) {
		tmp[--at] = '0';
		n++;
	}
	if (sp->prefix && base == 16) {
		if (s.zero && !s.left) {
			put(o, '0');
			put(o, 'x');
			s.width -= 2;
		} else {
			tmp[--at] = 'x';
			tmp[--at] = '0';
			n += 2;
		}
	}
	if (negative) {
		if (s.zero && !s.left) {
			put(o, '-');
			s.width--;
		} else {
			tmp[--at] = '-';
			n++;
		}
	}
	put_padded(o, &tmp[at], n, &s);
}

static void put_string(struct out *o, const char *s, const struct spec *sp)
{
	struct spec plain = *sp;
	size_t max = sp->precision < 0 ? 4096 : (size_t)sp->precision;

	plain.zero = false;
	if (!s)
		s = "(null)";
	put_padded(o, s, (int)strnlen(s, max), &plain);
}

static void put_symbol(struct out *o, uint64_t addr)
{
	static const struct spec hex = {.precision = -1};
	uint64_t offset;
	const char *name = symbol_lookup(addr, &offset);

	if (!name) {
		put_number(o, addr, 16, false, false, &hex);
		return;
	}
	put_string(o, name, &hex);
	put_string(o, "+0x", &hex);
	put_number(o, offset, 16, false, false, &hex);
}

static const char *parse_int(const char *f, int *v, va_list *ap)
{
	if (*f == '*') {
		*v = va_arg(*ap, int);
		return f + 1;
	}
	for (*v = 0; *f >= '0' && *f <= '9'; f++)
		*v = *v * 10 + (*f - '0');
	return f;
}

/* One conversion after its '%'; returns what follows it. */
static const char *convert(struct out *o, const char *f, va_list *ap)
{
	struct spec sp = {.precision = -1};
	int longs = 0;
	char c;

	for (;; f++) {
		if (*f == '-')
			sp.left = true;
		else if (*f == '0')
			sp.zero = true;
		else if (*f == '#')
			sp.prefix = true;
		else
			break;
	}
	f = parse_int(f, &sp.width, ap);
	if (*f == '.')
		f = parse_int(f + 1, &sp.precision, ap);
	while (*f == 'l' || *f == 'z' || *f == 'h') {
		longs += *f != 'h';
		f++;
	}
	c = *f++;
	switch (c) {
	case 'd':
	case 'i': {
		int64_t v = longs ? va_arg(*ap, int64_t) : va_arg(*ap, int);

		put_number(o, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0,
			   false, &sp);
		break;
	}
	case 'u':
	case 'x':
	case 'X':
	case 'o': {
		uint64_t v = longs ? va_arg(*ap, uint64_t)
				   : va_arg(*ap, unsigned int);

		put_number(o, v,
			   c == 'u'   ? 10
			   : c == 'o' ? 8
				      : 16,
			   false, c == 'X', &sp);
		break;
	}
	case 'p': {
		uint64_t v = (uint64_t)va_arg(*ap, void *);

		if (*f == 'S') {
			put_symbol(o, v);
			return f + 1;
		}
		sp.zero = true;
		sp.width = 16;
		put_number(o, v, 16, false, false, &sp);
		break;
	}
	case 's':
		put_string(o, va_arg(*ap, const char *), &sp);
		break;
	case 'c':
		put(o, (char)va_arg(*ap, int));
		break;
	case '%':
		put(o, '%');
		break;
	case '\0':
		return f - 1;
	default:
		put(o, '%');
		put(o, c);
	}
	return f;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = {buf, size, 0};
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		if (*fmt != '%')
			put(&o, *fmt++);
		else
			fmt = convert(&o, fmt + 1, &ap);
	}
	va_end(ap);
	if (size)
		buf[min(o.len, size - 1)] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
