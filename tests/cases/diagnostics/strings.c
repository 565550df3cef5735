int main()
{
    printf("hello\n"); //~ E0002 strings, except as initial values of arrays, are not in the subset
    int c = ''; //~ E0001 a character constant holds one character
    return 0;
}
