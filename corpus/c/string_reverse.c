// Reverses a string in place with two pointers.
// returns 110

void reverse(char *left) {
    char *right = left;
    while (*right) {
        right++;
    }
    right--;
    while (left < right) {
        char c = *left;
        *left++ = *right;
        *right-- = c;
    }
}

int main(void) {
    char word[] = "stressed in";
    reverse(word);
    return word[0];
}
