// The sixth term of look-and-say, 312211, has six digits.
// returns 6

int main(void) {
    int now[40];
    int next[40];
    int n = 1;
    now[0] = 1;
    for (int round = 1; round < 6; round++) {
        int m = 0;
        int i = 0;
        while (i < n) {
            int run = 1;
            while (i + run < n && now[i + run] == now[i]) {
                run++;
            }
            next[m] = run;
            next[m + 1] = now[i];
            m += 2;
            i += run;
        }
        for (int k = 0; k < m; k++) {
            now[k] = next[k];
        }
        n = m;
    }
    return n;
}
