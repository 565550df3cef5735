//! test parse ir interp

// Pointers stay within their object: one element behind its end is a value that can be had, but not what lies there.
#include <stddef.h> //~ E0033 is ignored
void swap(int *a, int *b)
{
    int t = *a;
    *a = *b;
    *b = t;
}

int swapped(int x, int y)
{
    swap(&x, &y);
    return x * 10 + y;
}
//! run swapped(3, 4) == 43

int sum(const int *p, int n)
{
    int total = 0;
    for (const int *end = p + n; p != end; p++) {
        total += *p;
    }
    return total;
}
//! run sum([1, 2, 3], 3) == 6
//! run sum([1, 2, 3], 4) traps out_of_bounds at 22

int *find(int *from, int *to, int x)
{
    while (from < to) {
        if (*from == x) {
            return from;
        }
        from++;
    }
    return NULL;
}

int place(int a[], int n, int x)
{
    int *found = find(a, a + n, x);
    return found ? found - a : -1;
}
//! run place([4, 5, 6], 3, 6) == 2
//! run place([4, 5, 6], 3, 7) == -1

int moved(int a[], int by)
{
    int *p = &a[1];
    p += by;
    return *p;
}
//! run moved([1, 2, 3], 1) == 3
//! run moved([1, 2, 3], -1) == 1
//! run moved([1, 2, 3], 2) traps out_of_bounds at 53
//! run moved([1, 2, 3], 3) traps out_of_bounds at 52
//! run moved([1, 2, 3], -2) traps out_of_bounds at 52

int null_read(int a[])
{
    int *p = 0;
    if (a[0]) {
        p = a;
    }
    return p == NULL ? 5 : *p + !p;
}
//! run null_read([0]) == 5
//! run null_read([3]) == 3

int dereferences_null()
{
    int *p = NULL;
    return *p;
}
//! run dereferences_null() traps out_of_bounds at 75

int unset()
{
    int *p;
    return *p; //~ E0030 `p` may be read before it is written
}
//! run unset() traps uninitialized_read at 82

int points_to_unset(int x)
{
    int y;
    int *p = &y;
    if (x) {
        *p = x;
    }
    return y;
}
//! run points_to_unset(4) == 4
//! run points_to_unset(0) traps uninitialized_read

int apart(int which)
{
    int a[2] = {1, 2}, b[2] = {3, 4};
    int *p = a, *q = b;
    switch (which) {
    case 0:
        return p == q;
    case 1:
        return p != q;
    case 2:
        return p < q;
    case 3:
        return p - q;
    case 4:
        return p + 2 == q + 1;
    case 5:
        return p + 2 == q;
    default:
        return p == NULL || NULL == q;
    }
}
//! run apart(0) == 0
//! run apart(1) == 1
//! run apart(2) traps out_of_bounds at 108
//! run apart(3) traps out_of_bounds at 110
//! run apart(4) == 0
//! run apart(5) traps out_of_bounds at 114
//! run apart(6) == 0

int order(int i, int j)
{
    long a[5] = {0};
    long *p = a + i, *q = &a[j];
    return (p < q) * 1000 + (p <= q) * 100 + (p > q) * 10 + (p >= q) + (q - p) * 10000;
}
//! run order(1, 3) == 21100
//! run order(3, 3) == 101
//! run order(5, 4) == -9989

int length(const char *s)
{
    const char *p = s;
    while (*p++) {
    }
    return p - s - 1;
}

int lengths()
{
    char word[] = "seven";
    word[4] = 0;
    return length("hello" " you") * 100 + length("") * 10 + length(word);
}
//! run lengths() == 904

void copy(char *to, const char *from)
{
    while ((*to++ = *from++)) {
    }
}

int copied(int n)
{
    char small[4];
    copy(small, n ? "abc" : "abcd");
    return small[2];
}
//! run copied(1) == 99
//! run copied(0) traps out_of_bounds at 155

void reverse(int *left, int *right)
{
    while (left < right) {
        int t = *left;
        *left++ = *right;
        *right-- = t;
    }
}

int * reversed(int a[], int n)
{
    reverse(a, a + n - 1);
    return a;
}
//! run reversed([1, 2, 3, 4], 4) == [4, 3, 2, 1]

int *biggest(int *p, int n)
{
    int *best = p;
    for (int i = 1; i < n; i++) {
        best = p[i] > *best ? &p[i] : best;
    }
    return best;
}

int raise(int a[], int n)
{
    *biggest(a, n) += 10;
    return biggest(a + 1, n - 1)[0];
}
//! run raise([3, 9, 4], 3) == 19 leaves a == [3, 19, 4]

int shared;
int *choose(int *p, int own)
{
    return own ? &shared : p;
}

int chosen(int own)
{
    int x = 1;
    *choose(&x, own) = 5;
    return x * 10 + shared;
}
//! run chosen(0) == 50
//! run chosen(1) == 15

int back(int a[])
{
    int *p = a + 2;
    return p[-1] * 10 + p[-2] + *(p - 1);
}
//! run back([4, 5]) == 59

int rows()
{
    int m[2][3] = {{1, 2, 3}, {4, 5, 6}};
    int *p = m[1], *q = &m[0][0], total = 0;
    for (int i = 0; i < 6; i++) {
        total += *q++;
    }
    return total * 100 + *p * 10 + (q - p) + *(m[0] + 1);
}
//! run rows() == 2145

int narrow(int n)
{
    unsigned char b[4] = {250, 1};
    unsigned char *p = b;
    *p += n;
    int old = (*p)++;
    return *p * 1000 + old;
}
//! run narrow(3) == 254253
//! run narrow(5) == 255
//! run narrow(6) == 1000

int recursive(int *p, int *end)
{
    return p == end ? 0 : *p + recursive(p + 1, end);
}

int recursively(int a[], int n)
{
    return recursive(a, a + n);
}
//! run recursively([1, 2, 3, 4], 4) == 10
