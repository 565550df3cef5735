// Keeps one of each value of a sorted array; returns the new end.
// returns 59

int *unique(int *first, int *end) {
    if (first == end) {
        return end;
    }
    int *last = first;
    for (int *p = first + 1; p < end; p++) {
        if (*p != *last) {
            *++last = *p;
        }
    }
    return last + 1;
}

int main(void) {
    int a[10] = {1, 1, 2, 3, 3, 3, 5, 8, 9, 9};
    int *end = unique(a, a + 10);
    return (end - a - 1) * 10 + end[-1];
}
