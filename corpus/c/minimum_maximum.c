// Two results through pointer parameters.
// returns 93

void extremes(const int *p, int n, int *least, int *most) {
    *least = *most = *p;
    for (const int *end = p + n; p < end; p++) {
        if (*p < *least) {
            *least = *p;
        }
        if (*p > *most) {
            *most = *p;
        }
    }
}

int main(void) {
    int a[6] = {4, 9, 3, 7, 5, 8}, least, most;
    extremes(a, 6, &least, &most);
    return most * 10 + least;
}
