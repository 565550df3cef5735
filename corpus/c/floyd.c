// The shortest way from 0 to 3 over a small graph, by Floyd and Warshall.
// returns 9

int main(void) {
    int d[16];
    for (int i = 0; i < 16; i++) {
        d[i] = i % 5 == 0 ? 0 : 1000;
    }
    d[1] = 5;
    d[3] = 10;
    d[6] = 3;
    d[11] = 1;
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 4; j++) {
                if (d[4 * i + k] + d[4 * k + j] < d[4 * i + j]) {
                    d[4 * i + j] = d[4 * i + k] + d[4 * k + j];
                }
            }
        }
    }
    return d[3];
}
