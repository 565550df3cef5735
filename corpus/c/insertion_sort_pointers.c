// Insertion sort that moves by pointers alone.
// returns 29

void sort(short *first, short *end) {
    for (short *p = first; p != end; p++) {
        short value = *p, *q = p;
        while (q > first && q[-1] > value) {
            *q = q[-1];
            q--;
        }
        *q = value;
    }
}

int main(void) {
    short a[5] = {9, 4, 7, 2, 5};
    sort(a, a + 5);
    return *a * 10 + a[4];
}
