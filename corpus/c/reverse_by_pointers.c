// Reverses an array in place with two pointers.
// returns 54

void reverse(int *left, int *right) {
    while (left < right) {
        int t = *left;
        *left++ = *right;
        *right-- = t;
    }
}

int main(void) {
    int a[] = {1, 2, 3, 4, 5};
    reverse(a, a + 4);
    return a[0] * 10 + a[1];
}
