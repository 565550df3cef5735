// Merges two sorted arrays by three pointers.
// returns 148

void merge(const int *a, const int *a_end, const int *b, const int *b_end, int *out) {
    while (a < a_end && b < b_end) {
        *out++ = *a <= *b ? *a++ : *b++;
    }
    while (a < a_end) {
        *out++ = *a++;
    }
    while (b < b_end) {
        *out++ = *b++;
    }
}

int main(void) {
    int a[] = {1, 4, 9}, b[] = {2, 3, 8, 10}, c[7];
    merge(a, a + 3, b, b + sizeof b / sizeof b[0], c);
    return c[0] * 100 + c[3] * 10 + c[4];
}
