// Grades counted, then written in order.
// returns 1

int main(void) {
    int grade[12];
    int count[6];
    int out = 0;
    for (int i = 0; i < 12; i++) {
        grade[i] = i * i % 6;
    }
    for (int i = 0; i < 6; i++) {
        count[i] = 0;
    }
    for (int i = 0; i < 12; i++) {
        count[grade[i]]++;
    }
    for (int g = 0; g < 6; g++) {
        while (count[g] > 0) {
            grade[out] = g;
            out++;
            count[g]--;
        }
    }
    for (int i = 1; i < 12; i++) {
        if (grade[i - 1] > grade[i]) {
            return 0;
        }
    }
    return 1;
}
