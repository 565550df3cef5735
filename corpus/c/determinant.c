// The determinant of a 3 by 3 matrix, by Sarrus.
// returns 49

int main(void) {
    int m[9];
    m[0] = 2;
    m[1] = -3;
    m[2] = 1;
    m[3] = 2;
    m[4] = 0;
    m[5] = -1;
    m[6] = 1;
    m[7] = 4;
    m[8] = 5;
    return m[0] * m[4] * m[8] + m[1] * m[5] * m[6] + m[2] * m[3] * m[7] - m[2] * m[4] * m[6] - m[1] * m[3] * m[8] - m[0] * m[5] * m[7];
}
